using System.Numerics;

namespace Dossier.Storage;

/// <summary>
/// Finds artifacts by equal metadata. Every condition is a sorted list of blocks; the lists are walked together, each jumping to
/// where the others are (a leapfrog join), and only what is in all of them is looked at.
/// </summary>
internal static class FactSql
{
    public static long? FindName(Database database, string name)
    {
        using var select = database.Prepare("SELECT key FROM fact_names WHERE name = ?1");
        select.BindText(1, name);
        return select.Step() ? select.Number(0) : null;
    }

    /// <summary>The conditions of a query that the index answers; none when it has no such.</summary>
    public static List<FactCondition> Conditions(Database database, long session, ArtifactQuery query, bool descending)
    {
        var conditions = new List<FactCondition>();
        foreach (var (name, value) in query.Metadata ?? new Dictionary<string, object?>())
            Add(name, [value]);
        foreach (var condition in query.Where ?? [])
            if (condition.Comparison is MetadataComparison.Equal or MetadataComparison.In)
                Add(condition.Name, condition.Values);
        return conditions;

        void Add(string name, IReadOnlyList<object?> values)
        {
            var key = FindName(database, name);
            var wanted = values.Select(value => FactValue.Of(MetadataMatch.Element(name, value))).OfType<FactValue>().Distinct();
            conditions.Add(
                new([.. wanted.Where(_ => key is not null).Select(value => new FactList(database, session, key ?? 0, value, descending))])
            );
        }
    }

    /// <summary>The positions for which all conditions hold, from <paramref name="start"/> on, in the order of the lists.</summary>
    public static IEnumerable<long> Positions(List<FactCondition> conditions, bool descending, long start)
    {
        var block = FactBlock.Of(start);
        var bits = new ulong[FactBlock.Words];
        while (Meet(conditions, block) is { } met)
        {
            block = met;
            Array.Fill(bits, ulong.MaxValue);
            foreach (var condition in conditions)
                condition.Intersect(block, bits);
            for (var i = 0; i < FactBlock.Words; i++)
            {
                var word = descending ? FactBlock.Words - 1 - i : i;
                for (var rest = bits[word]; rest != 0; )
                {
                    var bit = descending ? 63 - BitOperations.LeadingZeroCount(rest) : BitOperations.TrailingZeroCount(rest);
                    rest &= ~(1UL << bit);
                    var position = (block * FactBlock.Size) + (word * 64) + bit;
                    if (descending ? position <= start : position >= start)
                        yield return position;
                }
            }
            block += descending ? -1 : 1;
        }
    }

    /// <summary>The next block in which every condition holds for something; null when there is none.</summary>
    private static long? Meet(List<FactCondition> conditions, long block)
    {
        var agreed = 0;
        for (var i = 0; agreed < conditions.Count; i = (i + 1) % conditions.Count)
        {
            if (conditions[i].Seek(block) is not { } next)
                return null;
            agreed = next == block ? agreed + 1 : 1;
            block = next;
        }
        return block;
    }
}

/// <summary>A condition that holds for what is in any of its lists: one for an equal value, several for one of several.</summary>
internal sealed class FactCondition(FactList[] lists)
{
    public long? Seek(long block)
    {
        long? nearest = null;
        foreach (var list in lists)
            if (list.Seek(block) is { } found && (nearest is null || Math.Abs(found - block) < Math.Abs(nearest.Value - block)))
                nearest = found;
        return nearest;
    }

    public void Intersect(long block, Span<ulong> bits)
    {
        Span<ulong> any = stackalloc ulong[FactBlock.Words];
        any.Clear();
        foreach (var list in lists)
            list.Read(block, any);
        for (var word = 0; word < bits.Length; word++)
            bits[word] &= any[word];
    }
}

/// <summary>The blocks of one value. It holds no statement open between two seeks, so that any number of lists share one.</summary>
internal sealed class FactList(Database database, long session, long name, FactValue value, bool descending)
{
    private const string From = "SELECT block, members FROM facts WHERE session = ?1 AND name = ?2 AND value = ?3 AND block";

    private byte[] _members = [];
    private long? _block;
    private bool _ended;

    /// <summary>The nearest block that is this one or comes after it in the order of the list; null when there is none. Never goes back.</summary>
    public long? Seek(long block)
    {
        if (_ended || (_block is { } current && (descending ? current <= block : current >= block)))
            return _block;
        using var rows = database.Prepare(
            descending ? $"{From} <= ?4 ORDER BY block DESC LIMIT 1" : $"{From} >= ?4 ORDER BY block LIMIT 1"
        );
        rows.Bind(1, session);
        rows.Bind(2, name);
        value.Bind(rows, 3);
        rows.Bind(4, block);
        _ended = !rows.Step();
        _block = _ended ? null : rows.Number(0);
        _members = _ended ? [] : rows.Bytes(1).ToArray();
        return _block;
    }

    public void Read(long block, Span<ulong> bits)
    {
        if (_block == block)
            FactBlock.Read(_members, bits);
    }
}
