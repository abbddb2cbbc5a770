using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// One call on its way through a conversation: what is sent before its own messages, and what it adds to the conversation when it succeeds.
/// Used by one call only.
/// </summary>
internal sealed class ConversationTurn
{
    private readonly StoreServices _services;
    private readonly string _sessionId;
    private readonly History _history;
    private readonly IReadOnlyList<ChatMessage> _sent;
    private readonly List<(MessageRecord Record, ReadOnlyMemory<byte> Json)> _said = [];

    private ConversationTurn(
        StoreServices services,
        string sessionId,
        History history,
        IReadOnlyList<ChatMessage> sent,
        ResponseConversation record,
        IReadOnlyList<ReadOnlyMemory<byte>> standIns
    ) => (_services, _sessionId, _history, _sent, Record, StandIns) = (services, sessionId, history, sent, record, standIns);

    /// <summary>What the response says of it.</summary>
    public ResponseConversation Record { get; }

    /// <summary>The messages that are sent and not in the conversation, encoded, and their images and files.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> StandIns { get; }

    /// <summary>Reads the conversation and works out what of it is sent.</summary>
    /// <param name="services">What the store's sessions share.</param>
    /// <param name="sessionId">The session.</param>
    /// <param name="conversation">The name of the conversation.</param>
    /// <param name="reducer">What trims the history; null to send all of it.</param>
    /// <param name="fresh">The messages of the call.</param>
    /// <param name="cancellationToken">Stops the reads.</param>
    /// <exception cref="InvalidOperationException">The session keeps no texts.</exception>
    public static async ValueTask<ConversationTurn> BeginAsync(
        StoreServices services,
        string sessionId,
        string conversation,
        IChatReducer? reducer,
        IReadOnlyList<ChatMessage> fresh,
        CancellationToken cancellationToken
    )
    {
        ThrowIfNoTexts(services, sessionId, conversation);
        var history = await services.LoadHistoryAsync(sessionId, conversation, cancellationToken).ConfigureAwait(false);
        // Images and files are read for a reducer as well, which may show them to a model of its own.
        var whole = await RestoreAsync(services.Storage, history, cancellationToken).ConfigureAwait(false);
        var sent = whole;
        var record = new ResponseConversation { Name = conversation, ContinuedFrom = history.Head };
        var standIns = new List<ReadOnlyMemory<byte>>();
        HashSet<AIContent> carriedOut = [];
        if (reducer is not null)
        {
            carriedOut = ToolCallRepair.CarriedOut(whole);
            // A call that this turn answers is as good as a part of it, and so is what came since.
            var round = ToolCallRepair.FindAnswered(whole, history.OpenCalls, fresh);
            var reduced = await ReducerCopies.ReduceAsync(reducer, [.. whole.Take(round)], cancellationToken).ConfigureAwait(false);
            sent = [.. reduced, .. whole.Skip(round)];
        }
        if (reducer is not null || history.HasMoot || ToolCallRepair.IsNeeded(history.OpenCalls, fresh))
            (sent, record) = await StandInAsync(
                    services,
                    whole,
                    ToolCallRepair.Mend(sent, fresh, carriedOut),
                    record,
                    standIns,
                    cancellationToken
                )
                .ConfigureAwait(false);
        return new(services, sessionId, history, sent, record, standIns);
    }

    /// <summary>Begins a turn that sends nothing: of what was said before, it needs the last message only.</summary>
    /// <param name="services">What the store's sessions share.</param>
    /// <param name="sessionId">The session.</param>
    /// <param name="conversation">The name of the conversation.</param>
    /// <param name="cancellationToken">Stops the reads.</param>
    /// <exception cref="InvalidOperationException">The session keeps no texts.</exception>
    public static async ValueTask<ConversationTurn> BeginAppendingAsync(
        StoreServices services,
        string sessionId,
        string conversation,
        CancellationToken cancellationToken
    )
    {
        ThrowIfNoTexts(services, sessionId, conversation);
        var history = await services.LoadHeadAsync(sessionId, conversation, cancellationToken).ConfigureAwait(false);
        return new(services, sessionId, history, [], new() { Name = conversation, ContinuedFrom = history.Head }, []);
    }

    /// <summary>What is sent: the history, and the messages of the call behind it.</summary>
    public IReadOnlyList<ChatMessage> Outgoing(IReadOnlyList<ChatMessage> fresh) => new JoinedMessages(_sent, fresh);

    /// <summary>The options without the conversation, which is none of the vendor's.</summary>
    public static ChatOptions Outgoing(ChatOptions options)
    {
        var outgoing = options.Clone();
        outgoing.ConversationId = null;
        return outgoing;
    }

    /// <summary>Adds a message that the turn says, of the call or of its answer, in their order.</summary>
    /// <param name="message">The message.</param>
    /// <param name="json">The message as it is kept.</param>
    /// <param name="content">The address of that.</param>
    public void Say(ChatMessage message, ReadOnlyMemory<byte> json, ContentDigest content)
    {
        var record = new MessageRecord
        {
            Role = MessageEncoder.RoleOf(message.Role.Value, _services.Masker),
            Author = _services.Masker.ApplyTo(message.AuthorName),
            Content = content,
            Data = [.. MessageEncoder.ReferencesIn(json).Distinct()],
            CreatedAt = default,
        };
        _said.Add((record, json));
    }

    /// <summary>The turn as it is committed.</summary>
    /// <param name="responseId">The response that it was said with; null when it is none.</param>
    public ConversationChange ToChange(string? responseId)
    {
        var hash = _history.Last?.Hash;
        var now = _services.Time.GetRecordTime();
        // What was appended together is known by its time, as there is no response that says so.
        if (responseId is null && _history.Last is { ResponseId: null, CreatedAt: var before } && before == now)
            now = now.AddMicroseconds(1);
        for (var i = 0; i < _said.Count; i++)
        {
            var record = _said[i].Record with { ResponseId = responseId, CreatedAt = now };
            hash = record.ComputeHash(hash);
            _said[i] = (record with { Hash = hash.Value }, _said[i].Json);
        }
        return new()
        {
            Conversation = Record.Name,
            ExpectedHead = _history.Head,
            Messages = [.. _said.Select(said => said.Record)],
            Head = _history.Head,
        };
    }

    /// <summary>Takes notice of what became of the turn; returns its last message where the head did not move to it.</summary>
    public MessageId? End(ConversationResult result)
    {
        if (result.First is not { } first)
            return null;
        if (!result.HeadMoved)
            return first with { Depth = first.Depth + _said.Count - 1 };
        for (var i = 0; i < _said.Count; i++)
            _said[i] = (_said[i].Record with { Id = first with { Depth = first.Depth + i } }, _said[i].Json);
        if (_history.IsWhole)
            _services.Histories.Put(_sessionId, Record.Name, _history.With(_said));
        return null;
    }

    /// <summary>Says which parts of the history are sent, and encodes what is sent in its place.</summary>
    private static async ValueTask<(IReadOnlyList<ChatMessage> Sent, ResponseConversation Record)> StandInAsync(
        StoreServices services,
        IReadOnlyList<ChatMessage> history,
        List<ChatMessage> messages,
        ResponseConversation record,
        List<ReadOnlyMemory<byte>> standIns,
        CancellationToken cancellationToken
    )
    {
        var depths = new Dictionary<ChatMessage, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < history.Count; i++)
            depths.TryAdd(history[i], i + 1);
        var parts = new List<HistoryPart>();
        var sent = new List<ChatMessage>(messages.Count);
        foreach (var message in messages)
        {
            if (depths.TryGetValue(message, out var depth))
            {
                sent.Add(message);
                if (parts is [.., { Count: > 0 } last] && last.FirstDepth + last.Count == depth)
                    parts[^1] = last with { Count = last.Count + 1 };
                else
                    parts.Add(new() { FirstDepth = depth, Count = 1 });
                continue;
            }
            // What is sent is what is kept of it; images and files are, and are in no store yet.
            var encoder = new MessageEncoder(services.Masker);
            var json = encoder.Encode(message);
            sent.Add(encoder.Data.Count > 0 ? message : await services.Storage.DecodeAsync(json, cancellationToken).ConfigureAwait(false));
            standIns.Add(json);
            standIns.AddRange(encoder.Data.Select(data => (ReadOnlyMemory<byte>)data.ToArray()));
            parts.Add(new() { Message = ContentDigest.Of(json.Span) });
        }
        var isWhole = parts is [] ? history.Count == 0 : parts is [{ FirstDepth: 1 } all] && all.Count == history.Count;
        return (sent, isWhole ? record : record with { Sent = parts });
    }

    /// <summary>The messages of a history with their images and files in their places.</summary>
    private static async ValueTask<IReadOnlyList<ChatMessage>> RestoreAsync(
        IStorage storage,
        History history,
        CancellationToken cancellationToken
    )
    {
        if (history.WithData.Count == 0)
            return history.Messages;
        ChatMessage[] restored = [.. history.Messages];
        foreach (var (index, content) in history.WithData)
            restored[index] = await storage
                .DecodeAsync(await storage.ReadAsync(content, cancellationToken).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
        return restored;
    }

    private static void ThrowIfNoTexts(StoreServices services, string sessionId, string conversation)
    {
        if (services.Capture is Capture.DigestsOnly)
            throw new InvalidOperationException(
                $"Conversation '{conversation}' of session '{sessionId}' cannot be continued: the session is open with SessionOptions.Capture = DigestsOnly, and a conversation is sent from the texts that are kept of it. Send all messages yourself, through GetChatClient and without ChatOptions.ConversationId, or open the session with Capture.Full."
            );
    }

    /// <summary>Two lists as one, so that a long history is not copied for each turn.</summary>
    private sealed class JoinedMessages(IReadOnlyList<ChatMessage> first, IReadOnlyList<ChatMessage> second) : IReadOnlyList<ChatMessage>
    {
        public int Count => first.Count + second.Count;

        public ChatMessage this[int index] => index < first.Count ? first[index] : second[index - first.Count];

        public IEnumerator<ChatMessage> GetEnumerator() => first.Concat(second).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
