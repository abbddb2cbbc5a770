using System.Runtime.InteropServices;

namespace Dossier;

/// <summary>What was taken out of the texts of one record. Safe to use from several threads.</summary>
internal sealed class RedactionTally
{
    private Dictionary<(string Kind, RedactedPart Part), int>? _counts;

    /// <summary>All of it, by kind and part.</summary>
    public IReadOnlyList<Redaction> Redactions
    {
        get
        {
            if (Volatile.Read(ref _counts) is not { } counts)
                return []; // as it is nearly always
            lock (counts)
                return [.. counts.Select(count => new Redaction(count.Key.Kind, count.Key.Part, count.Value))];
        }
    }

    public void Add(string kind, RedactedPart part, int count = 1)
    {
        var counts = LazyInitializer.EnsureInitialized(ref _counts, static () => []);
        lock (counts)
            CollectionsMarshal.GetValueRefOrAddDefault(counts, (kind, part), out _) += count;
    }

    public void Add(IReadOnlyList<Redaction> redactions)
    {
        foreach (var (kind, part, count) in redactions)
            Add(kind, part, count);
    }

    /// <summary>What two records of one thing say together.</summary>
    public static IReadOnlyList<Redaction> Sum(IReadOnlyList<Redaction> first, IReadOnlyList<Redaction> second)
    {
        if (first.Count == 0 || second.Count == 0)
            return first.Count == 0 ? second : first;
        var sum = new RedactionTally();
        sum.Add(first);
        sum.Add(second);
        return sum.Redactions;
    }
}
