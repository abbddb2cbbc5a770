using Dossier.Storage;

namespace Dossier;

/// <summary>
/// Says which steps of two sessions belong together: those of the same key, and then those of the same name, in their order.
/// </summary>
internal sealed class StepPairs
{
    private readonly Dictionary<ContentDigest, int> _numbers = [];

    /// <param name="left">The steps of the first session, in their order.</param>
    /// <param name="right">The steps of the second.</param>
    public StepPairs(IReadOnlyList<StepRecord> left, IReadOnlyList<StepRecord> right)
    {
        var keys = left.ToDictionary(step => step.Key);
        var taken = right.Where(step => keys.ContainsKey(step.Key)).Select(step => step.Key).ToHashSet();
        var others = left.Where(step => !taken.Contains(step.Key))
            .GroupBy(step => step.Name)
            .ToDictionary(group => group.Key, group => new Queue<StepRecord>(group));
        var pairs = new List<(StepRecord? Left, StepRecord? Right)>();
        var partners = right
            .Select(step =>
                keys.GetValueOrDefault(step.Key)
                ?? (
                    others.TryGetValue(step.Name, out var queue)
                        ? queue.TryDequeue(out var first)
                            ? first
                            : null
                        : null
                )
            )
            .ToList();
        var paired = partners.OfType<StepRecord>().Select(step => step.Key).ToHashSet();
        var next = 0;
        for (var i = 0; i < right.Count; i++)
        {
            if (partners[i] is { } partner)
                AddRemoved(partner.Sequence);
            pairs.Add((partners[i], right[i]));
        }
        AddRemoved(long.MaxValue);
        for (var i = 0; i < pairs.Count; i++)
            foreach (var step in new[] { pairs[i].Left, pairs[i].Right }.OfType<StepRecord>())
                _numbers.TryAdd(step.Key, i);
        All = pairs;

        void AddRemoved(long before)
        {
            for (; next < left.Count && left[next].Sequence < before; next++)
                if (!paired.Contains(left[next].Key))
                    pairs.Add((left[next], null));
        }
    }

    /// <summary>In the order of the second session; what only the first has stands where it was.</summary>
    public IReadOnlyList<(StepRecord? Left, StepRecord? Right)> All { get; }

    /// <summary>The number of the pair that a step is of; −1 for none.</summary>
    public int NumberOf(ContentDigest? step) => step is { } key && _numbers.TryGetValue(key, out var number) ? number : -1;

    /// <summary>The name of a step; null for none.</summary>
    public string? NameOf(ContentDigest? step) =>
        NumberOf(step) is >= 0 and var number ? (All[number].Right ?? All[number].Left)!.Name : null;
}
