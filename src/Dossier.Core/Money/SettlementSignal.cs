using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>Wakes whoever waits for room in a budget, in this process; other processes look again from time to time.</summary>
internal static class SettlementSignal
{
    private static readonly ConditionalWeakTable<IRecordStore, ConcurrentDictionary<string, TaskCompletionSource>> s_waiting = [];

    /// <summary>Completes when something is next settled. Ask before reading the ledger, or what is settled in between is missed.</summary>
    public static Task NextAsync(IRecordStore records, string sessionId) =>
        s_waiting
            .GetOrAdd(records, static _ => new(StringComparer.Ordinal))
            .GetOrAdd(sessionId, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously))
            .Task;

    public static void Raise(IRecordStore records, string sessionId)
    {
        if (s_waiting.TryGetValue(records, out var sessions) && sessions.TryRemove(sessionId, out var waiting))
            waiting.TrySetResult();
    }
}
