using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The tool calls of one response while it is under way, and what has arrived between its model calls. Tools may run at the same time:
/// safe to use from several threads.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore holds nothing unless its wait handle is asked for, which is never.")]
internal sealed class ToolLedger(StoreServices services)
{
    private readonly Lock _lock = new();
    private readonly List<(ToolCall? Call, long Start)> _calls = [];
    private readonly Dictionary<(string CallId, string Name), int> _answers = [];
    private readonly List<ChatMessage> _arrived = [];
    private int _committed;

    /// <summary>The turn to commit: beginnings that come together go into one commit.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>The calls so far, as they are now.</summary>
    public IReadOnlyList<ToolCall> Calls
    {
        get
        {
            lock (_lock)
                return [.. _calls.Select(entry => entry.Call).OfType<ToolCall>()];
        }
    }

    /// <summary>
    /// Adds what models asked for and tools returned, as far as it is known, to what has arrived of an answer; of a stream, that is all but what
    /// tools returned last, before it was their turn to be passed on.
    /// </summary>
    public ChatResponse? AddTo(ChatResponse? partial)
    {
        lock (_lock)
        {
            if (partial is null)
                return _arrived.Count == 0 ? null : new([.. _arrived]);
            var passedOn = ResultsIn(partial.Messages).Select(result => result.CallId).ToList();
            foreach (var message in _arrived)
                if (ResultsIn([message]).Any(result => !passedOn.Remove(result.CallId)))
                    partial.Messages.Add(message);
            return partial;
        }

        static IEnumerable<FunctionResultContent> ResultsIn(IEnumerable<ChatMessage> messages) =>
            messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>();
    }

    /// <summary>Notes that a model was given an answer to a call; whether it is that of one that is here. Some vendors repeat ids.</summary>
    public bool Answered(ToolCall call)
    {
        var key = (call.CallId, call.Name);
        lock (_lock)
        {
            var answers = CollectionsMarshal.GetValueRefOrAddDefault(_answers, key, out _) += 1;
            return _calls.Count(entry => entry.Call is { } invoked && (invoked.CallId, invoked.Name) == key) >= answers;
        }
    }

    /// <summary>Adds a call that is about to begin; returns its place.</summary>
    public int Begin(ToolCall call)
    {
        lock (_lock)
        {
            _calls.Add((call, services.Time.GetTimestamp()));
            return _calls.Count - 1;
        }
    }

    /// <summary>Takes a call back that did not begin after all.</summary>
    public void TakeBack(int place)
    {
        lock (_lock)
            _calls[place] = default;
    }

    /// <summary>Ends a call; returns it as it is then.</summary>
    public ToolCall End(int place, ToolCallOutcome outcome, ResponseError? error)
    {
        lock (_lock)
        {
            var (call, start) = _calls[place];
            var ended = call! with
            {
                Outcome = outcome,
                Error = outcome is ToolCallOutcome.Cancelled ? error?.OfCancellation() : error?.OfOwnCode(),
                Duration = services.Time.GetElapsedTime(start),
            };
            _calls[place] = (ended, start);
            return ended;
        }
    }

    public void Keep(IEnumerable<ChatMessage> messages)
    {
        lock (_lock)
            _arrived.AddRange(messages);
    }

    /// <summary>Whether a call has been committed with that of another one. To be asked in <see cref="Turn"/>.</summary>
    public bool IsCommitted(int place) => place < Volatile.Read(ref _committed);

    /// <summary>How many have begun.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _calls.Count;
        }
    }

    /// <summary>Says that the first calls are committed.</summary>
    public void Committed(int count) => Volatile.Write(ref _committed, count);
}
