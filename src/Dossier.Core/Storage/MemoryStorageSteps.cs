namespace Dossier.Storage;

/// <summary>The steps of one session, encoded. Used under the lock of <see cref="MemoryRecordStore"/>.</summary>
internal sealed class MemorySteps
{
    private readonly Dictionary<ContentDigest, MemoryStep> _byKey = [];

    /// <summary>In the order in which they first began.</summary>
    public List<MemoryStep> All { get; } = [];

    public MemoryStep? Find(ContentDigest key) => _byKey.GetValueOrDefault(key);

    /// <summary>What a commit makes of its steps, in the order of their first change. Changes nothing.</summary>
    /// <exception cref="ConflictException">A guard failed.</exception>
    public static IReadOnlyCollection<StepRecord> After(SessionCommit commit, MemorySession? session, TimeProvider time)
    {
        if (commit.Steps.Count == 0)
            return [];
        var now = time.GetUtcNow();
        var after = new OrderedDictionary<ContentDigest, StepRecord>();
        foreach (var change in commit.Steps)
        {
            if (!after.TryGetValue(change.Key, out var step))
                step = session?.Steps.Find(change.Key)?.Decode();
            after[change.Key] = step.After(change, commit, now);
        }
        return after.Values;
    }

    public void Put(StepRecord record, Func<long> nextSequence)
    {
        if (!_byKey.TryGetValue(record.Key, out var step))
        {
            step = new(nextSequence());
            _byKey.Add(record.Key, step);
            All.Add(step);
        }
        step.Bytes = RecordJson.Encode(record with { Sequence = step.Sequence });
    }
}

internal sealed class MemoryStep(long sequence)
{
    public long Sequence { get; } = sequence;
    public byte[] Bytes { get; set; } = [];

    public StepRecord Decode() => RecordJson.DecodeStep(Bytes);

    public StepRecord Decode(MemorySession session)
    {
        var step = Decode();
        return step with { HasResult = step.ResultArtifact is { } id && session.FindArtifact(id) is { State.TrashedAt: null } };
    }
}
