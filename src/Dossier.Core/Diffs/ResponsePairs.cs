using Dossier.Storage;

namespace Dossier;

/// <summary>A response of one session and what it is compared with in the other.</summary>
/// <param name="Left">Of the first; null when there is none.</param>
/// <param name="Right">Of the second; null when there is none.</param>
/// <param name="IsShared">Whether they are one response, which one of the sessions or both have inherited.</param>
internal readonly record struct ResponsePair(TrackedResponse? Left, TrackedResponse? Right, bool IsShared);

/// <summary>
/// Says which responses of two sessions belong together: first those that are one, or of which one was replayed from the other; then those of the same
/// request in the same step, in their order; then those in the same place of the same step. Used by one caller.
/// </summary>
/// <param name="left">The responses of the first session, in their order.</param>
/// <param name="right">The responses of the second.</param>
/// <param name="steps">What stands for the step of a response: the same for steps that belong together; −1 outside of steps.</param>
internal sealed class ResponsePairs(
    IReadOnlyList<TrackedResponse> left,
    IReadOnlyList<TrackedResponse> right,
    Func<ContentDigest?, int> steps
)
{
    private readonly int?[] _partners = new int?[right.Count]; // of each of the second, by its index
    private readonly bool[] _isTaken = new bool[left.Count];

    /// <param name="identityOf">The identity of the request of each response of a model, by the id of its session and its own.</param>
    /// <returns>In the order of the second session; what only the first has stands where it was.</returns>
    public IReadOnlyList<ResponsePair> Match(Func<TrackedResponse, string?> identityOf)
    {
        var origins = left.Select((response, index) => (Key: OriginOf(response), index)).ToDictionary(it => it.Key, it => it.index);
        var ids = left.Select((response, index) => (response.Id, index)).ToDictionary(it => it.Id, it => it.index);
        var replayed = new Dictionary<ResponseOrigin, int>();
        for (var i = 0; i < left.Count; i++)
            if (ReplayedFrom(left[i]) is { } recorded)
                replayed.TryAdd(recorded, i);
        for (var i = 0; i < right.Count; i++)
        {
            var origin = OriginOf(right[i]);
            if (origins.TryGetValue(origin, out var same))
                Take(same, i);
            else if (ReplayedFrom(right[i]) is { } from && (origins.TryGetValue(from, out same) || IsOfLeft(from, out same)))
                Take(same, i);
            else if (replayed.TryGetValue(origin, out same) || replayed.TryGetValue(new(right[i].SessionId, right[i].Id), out same))
                Take(same, i);
        }
        MatchBy(response => identityOf(response) is { } identity ? (steps(response.StepKey), response.Key, identity) : null);
        MatchBy(response => (steps(response.StepKey), response.Key, ""));
        return InOrder();

        // A response of a fork is named by the fork where it was replayed from there.
        bool IsOfLeft(ResponseOrigin from, out int index) =>
            ids.TryGetValue(from.ResponseId, out index) && left[index].SessionId == from.SessionId;
    }

    public static ResponseOrigin OriginOf(TrackedResponse response) => response.InheritedFrom ?? new(response.SessionId, response.Id);

    private static ResponseOrigin? ReplayedFrom(TrackedResponse response) =>
        response.Attempts.FirstOrDefault(attempt => attempt.ReplayedFrom is not null)?.ReplayedFrom is { } from
            ? new(from.SessionId, from.ResponseId)
            : null;

    private void Take(int ofLeft, int ofRight)
    {
        if (_isTaken[ofLeft] || _partners[ofRight] is not null)
            return;
        (_isTaken[ofLeft], _partners[ofRight]) = (true, ofLeft);
    }

    /// <summary>Those of the same key that are left, the first with the first.</summary>
    private void MatchBy(Func<TrackedResponse, (int, string?, string)?> keyOf)
    {
        var waiting = new Dictionary<(int, string?, string), Queue<int>>();
        for (var i = 0; i < left.Count; i++)
        {
            if (_isTaken[i] || keyOf(left[i]) is not { } key)
                continue;
            if (!waiting.TryGetValue(key, out var queue))
                waiting.Add(key, queue = new());
            queue.Enqueue(i);
        }
        for (var i = 0; i < right.Count; i++)
            if (
                _partners[i] is null
                && keyOf(right[i]) is { } key
                && waiting.TryGetValue(key, out var queue)
                && queue.TryDequeue(out var first)
            )
                Take(first, i);
    }

    private List<ResponsePair> InOrder()
    {
        var pairs = new List<ResponsePair>(right.Count);
        var next = 0;
        for (var i = 0; i < right.Count; i++)
        {
            if (_partners[i] is { } partner)
                AddRemoved(partner);
            pairs.Add(
                new(
                    _partners[i] is { } index ? left[index] : null,
                    right[i],
                    _partners[i] is { } one && OriginOf(left[one]) == OriginOf(right[i])
                )
            );
        }
        AddRemoved(left.Count);
        return pairs;

        void AddRemoved(int before)
        {
            for (; next < before; next++)
                if (!_isTaken[next])
                    pairs.Add(new(left[next], null, IsShared: false));
        }
    }
}
