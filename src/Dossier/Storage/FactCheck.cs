using System.Numerics;
using System.Text.Json;

namespace Dossier.Storage;

/// <summary>
/// Compares the index of metadata with the artifacts, both ways, in one pass over each: for every block a sum over what the artifacts say,
/// less what the index says. Where something is left the block is read again by itself, at one instant, since others write meanwhile.
/// For one thread.
/// </summary>
internal sealed class FactCheck(Database database)
{
    private readonly Dictionary<(long Session, long Block), ulong> _sums = [];
    private readonly Dictionary<string, long?> _names = [];

    /// <summary>Adds what an artifact says.</summary>
    /// <param name="session">The key of its session.</param>
    /// <param name="sequence">Its sequence there.</param>
    /// <param name="place">Its place in the whole store; null when only its session is looked at.</param>
    /// <param name="metadata">Its metadata.</param>
    public void Add(long session, long sequence, long? place, IReadOnlyDictionary<string, JsonElement> metadata)
    {
        foreach (var (name, value) in EncodedArtifact.FactsOf(metadata))
        {
            var fact = Hash(NameKey(name), value.Key);
            Add(session, sequence, Of(fact, sequence));
            if (place is { } position)
                Add(0, position, Of(fact, position));
        }
    }

    /// <summary>The blocks in which the index does not say what the artifacts do, or did not a moment ago.</summary>
    /// <param name="session">The key of the only session to look at; null for all.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="StorageException">The index cannot be read.</exception>
    public List<(long Session, long Block)> FindSuspects(long? session, CancellationToken cancellationToken)
    {
        // What a purge has not come to yet belongs to no session.
        const string Select =
            "SELECT session, block, name, members, typeof(value), value FROM facts WHERE session NOT IN (SELECT session FROM purged_sessions)";
        using var rows = database.Prepare(session is null ? Select : $"{Select} AND session = ?1");
        if (session is { } key)
            rows.Bind(1, key);
        var bits = new ulong[FactBlock.Words];
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var fact = Hash(rows.Number(2), FactValue.KeyOf(rows, 4));
            Array.Clear(bits);
            FactBlock.Read(rows.Bytes(3), bits);
            foreach (var position in Positions(rows.Number(1), bits))
                Add(rows.Number(0), position, 0 - Of(fact, position));
        }
        return [.. _sums.Where(sum => sum.Value != 0).Select(sum => sum.Key)];
    }

    /// <summary>Looks at one block, within a transaction: how many facts of artifacts it lacks, and how many it has that no artifact has.</summary>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public static (int Missing, int Stale) Compare(Database database, long session, long block)
    {
        if (IsBeingPurged(database, session))
            return default;
        var unknown = new ulong[FactBlock.Words];
        var expected = new Dictionary<(string Name, string Value), ulong[]>();
        foreach (var (position, facts) in ReadArtifacts(database, session, block))
        {
            if (facts is null)
                FactBlock.Set(unknown, position);
            foreach (var (name, value) in facts ?? [])
            {
                if (!expected.TryGetValue((name, value.Key), out var positions))
                    expected.Add((name, value.Key), positions = new ulong[FactBlock.Words]);
                FactBlock.Set(positions, position);
            }
        }
        var (missing, stale) = (0, 0);
        using var rows = database.Prepare(
            """
            SELECT (SELECT fact_names.name FROM fact_names WHERE key = facts.name), members, typeof(value), value
            FROM facts WHERE session = ?1 AND block = ?2
            """
        );
        rows.Bind(1, session);
        rows.Bind(2, block);
        while (rows.Step())
        {
            var actual = new ulong[FactBlock.Words];
            FactBlock.Read(rows.Bytes(1), actual);
            expected.Remove((rows.Text(0), FactValue.KeyOf(rows, 2)), out var positions);
            missing += Count(positions ?? [], actual, unknown);
            stale += Count(actual, positions ?? [], unknown);
        }
        return (missing + expected.Values.Sum(positions => Count(positions, [], unknown)), stale);
    }

    /// <summary>Makes a block anew from its artifacts. Within a transaction that writes.</summary>
    public static void Rebuild(Database database, long session, long block)
    {
        using (var delete = database.Prepare("DELETE FROM facts WHERE session = ?1 AND block = ?2"))
        {
            delete.Bind(1, session);
            delete.Bind(2, block);
            delete.Step();
        }
        var facts = new FactWriter(database);
        foreach (var (position, found) in ReadArtifacts(database, session, block))
            facts.AddTo(session, position, found ?? []);
        facts.Flush();
    }

    /// <summary>What the index has of metadata; null when that cannot be decoded.</summary>
    public static KeyValuePair<string, FactValue>[]? FactsIn(ReadOnlySpan<byte> metadata)
    {
        try
        {
            return [.. EncodedArtifact.FactsOf(RecordJson.DecodeMetadata(metadata))];
        }
        catch (Exception exception) when (StorageErrors.IsUndecodable(exception))
        {
            return null;
        }
    }

    /// <summary>What is left of it is in no order.</summary>
    private static bool IsBeingPurged(Database database, long session)
    {
        using var row = database.Prepare("SELECT 1 FROM purged_sessions WHERE session = ?1");
        row.Bind(1, session);
        return row.Step();
    }

    /// <summary>The artifacts of a block and what they say; null for what cannot be decoded.</summary>
    private static IEnumerable<(long Position, KeyValuePair<string, FactValue>[]? Facts)> ReadArtifacts(
        Database database,
        long session,
        long block
    )
    {
        using var rows = database.Prepare(
            session == 0
                ? "SELECT place, metadata FROM artifacts WHERE place BETWEEN ?1 AND ?2 AND metadata IS NOT NULL"
                : "SELECT sequence, metadata FROM artifacts WHERE session = ?3 AND sequence BETWEEN ?1 AND ?2 AND metadata IS NOT NULL"
        );
        rows.Bind(1, block * FactBlock.Size);
        rows.Bind(2, ((block + 1) * FactBlock.Size) - 1);
        if (session != 0)
            rows.Bind(3, session);
        while (rows.Step())
            yield return (rows.Number(0), FactsIn(rows.Bytes(1)));
    }

    /// <summary>How many are in the one and not in the other.</summary>
    private static int Count(ReadOnlySpan<ulong> these, ReadOnlySpan<ulong> those, ReadOnlySpan<ulong> unknown)
    {
        var count = 0;
        for (var word = 0; word < these.Length; word++)
            count += BitOperations.PopCount(these[word] & ~(those.IsEmpty ? 0 : those[word]) & ~unknown[word]);
        return count;
    }

    private static IEnumerable<long> Positions(long block, ulong[] bits)
    {
        for (var word = 0; word < bits.Length; word++)
        for (var rest = bits[word]; rest != 0; rest &= rest - 1)
            yield return (block * FactBlock.Size) + (word * 64) + BitOperations.TrailingZeroCount(rest);
    }

    private void Add(long session, long position, ulong term)
    {
        var key = (session, FactBlock.Of(position));
        _sums[key] = _sums.GetValueOrDefault(key) + term;
    }

    private long NameKey(string name)
    {
        if (!_names.TryGetValue(name, out var key))
            _names[name] = key = FactSql.FindName(database, name);
        return key ?? 0; // which the index has for none
    }

    /// <summary>FNV-1a.</summary>
    private static ulong Hash(long name, string value)
    {
        var hash = 14695981039346656037UL ^ (ulong)name;
        foreach (var c in value)
            hash = (hash ^ c) * 1099511628211UL;
        return hash;
    }

    /// <summary>A fact at a position, mixed well enough to be added up (the last step of SplitMix64).</summary>
    private static ulong Of(ulong fact, long position)
    {
        var mixed = fact + ((ulong)position * 0x9E3779B97F4A7C15UL);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 31);
    }
}
