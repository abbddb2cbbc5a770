using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>Wakes whoever waits for the end of a step, in this process; other processes look again from time to time.</summary>
internal static class StepSignal
{
    private static readonly ConditionalWeakTable<
        IRecordStore,
        ConcurrentDictionary<(string Session, ContentDigest Key), TaskCompletionSource>
    > s_waiting = [];

    /// <summary>Completes when an attempt of the step next ends. Ask before reading the step, or an end in between is missed.</summary>
    public static Task NextAsync(IRecordStore records, string sessionId, ContentDigest key) =>
        s_waiting
            .GetOrAdd(records, static _ => new())
            .GetOrAdd((sessionId, key), static _ => new(TaskCreationOptions.RunContinuationsAsynchronously))
            .Task;

    public static void Raise(IRecordStore records, string sessionId, ContentDigest key)
    {
        if (s_waiting.TryGetValue(records, out var steps) && steps.TryRemove((sessionId, key), out var waiting))
            waiting.TrySetResult();
    }
}
