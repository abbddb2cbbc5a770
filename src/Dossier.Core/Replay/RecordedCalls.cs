using System.Runtime.CompilerServices;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>What is recorded of a model call, as far as a request is compared with it.</summary>
internal sealed record RecordedCall
{
    public required TrackedResponse Response { get; init; }

    /// <summary>Which model call of the response, from 1; 0 for all of them as one.</summary>
    public required int ModelCall { get; init; }

    /// <summary>Whether it is a single model call, as the session's own clients make it.</summary>
    public bool IsCall { get; init; }

    /// <summary>Whether it is the whole response, as a client of the caller's own makes it.</summary>
    public bool IsWhole { get; init; }

    public required ContentDigest? Options { get; init; }

    /// <summary>The messages, as <see cref="RequestIdentity.LinesOf"/> has them.</summary>
    public required IReadOnlyList<string> Lines { get; init; }

    /// <summary>The stored contents that the messages are.</summary>
    public required IReadOnlyList<ContentDigest> Messages { get; init; }

    /// <summary>Whether there is an answer to give: it did not fail, and of an embedding the vectors were kept.</summary>
    public required bool HasAnswer { get; init; }

    public string Model => $"{Response.Provider}/{Response.RequestedModel}";

    public ContentDigest Identity => RequestIdentity.Of(Response.Operation, Model, Options, Lines);
}

/// <summary>
/// Reads the model calls of a session out of its records, in their order. The calls of a tool loop are one response; what each was sent follows from
/// what the one before it answered and the tools returned. Used by one caller.
/// </summary>
internal sealed class RecordedCalls(IStorage storage, string sessionId)
{
    private const int PageSize = 500;
    private const int ContentsAtOnce = 256;

    private readonly Dictionary<ContentDigest, IReadOnlyList<CanonicalMessage>> _messages = [];
    private readonly Dictionary<(ContentDigest, bool), ContentDigest?> _options = [];
    private readonly Dictionary<string, (MessageId Leaf, List<ContentDigest> Messages)> _histories = new(StringComparer.Ordinal);

    /// <exception cref="ReplaySourceException">What was sent or answered is not kept.</exception>
    public async IAsyncEnumerable<RecordedCall> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await storage
                .Records.QueryResponsesAsync(sessionId, new() { PageSize = PageSize }, continuation, cancellationToken)
                .ConfigureAwait(false);
            var read = new List<(TrackedResponse Response, List<ContentDigest> Request)>();
            foreach (var response in page.Items.Where(IsCall).Select(WithTexts))
                read.Add((response, await RequestOfAsync(response, cancellationToken).ConfigureAwait(false)));
            await LoadAsync(read, cancellationToken).ConfigureAwait(false);
            foreach (var (response, request) in read)
            foreach (var call in CallsOf(response, request))
                yield return call;
            continuation = page.Continuation;
        } while (continuation is not null);
    }

    /// <summary>The responses of calls, in their order, with everything that was sent.</summary>
    /// <exception cref="ReplaySourceException">What was sent or answered is not kept.</exception>
    public async IAsyncEnumerable<(TrackedResponse Response, List<ContentDigest> Request)> ReadRequestsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var responses = RecordPages.ReadAllAsync(next =>
            storage.Records.QueryResponsesAsync(sessionId, new() { PageSize = PageSize }, next, cancellationToken)
        );
        await foreach (var response in responses.ConfigureAwait(false))
            if (IsCall(response))
                yield return (WithTexts(response), await RequestOfAsync(response, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Whether a response is of a model, and was made by one of the session's clients.</summary>
    public static bool IsCall(TrackedResponse response) => response is { Key: null, Provider: not null, RequestedModel: not null };

    private static TrackedResponse WithTexts(TrackedResponse response) =>
        response.Capture is Capture.Full
            ? response
            : throw new ReplaySourceException(
                response.SessionId,
                $"Session '{response.SessionId}' cannot be replayed: of response '{response.Id}' only digests are kept (SessionOptions.Capture). Replay a session that was recorded with its content."
            );

    private IEnumerable<RecordedCall> CallsOf(TrackedResponse response, List<ContentDigest> request)
    {
        var sent = request.SelectMany(digest => _messages[digest]).ToList();
        var answered = MayHoldSeveral(response) ? response.ResponseMessages.SelectMany(digest => _messages[digest]).ToList() : [];
        var calls = ToolLoop.Split([.. answered.Select(message => message.IsOfTools)]);
        var isSingle = calls is [var only] && only.Count == answered.Count;
        var isComplete = response.Success && (response.Operation is not ResponseOperation.Embedding || response.ResponseMessages.Count > 0);
        var whole = new RecordedCall
        {
            Response = response,
            ModelCall = isSingle ? 1 : 0,
            IsCall = isSingle,
            IsWhole = true,
            Options = OptionsOf(response, isFollowUp: false),
            Lines = RequestIdentity.LinesOf(sent),
            Messages = request,
            HasAnswer = isComplete,
        };
        yield return whole;
        for (var i = 0; !isSingle && i < calls.Count; i++)
            yield return new()
            {
                Response = response,
                ModelCall = i + 1,
                IsCall = true,
                Options = OptionsOf(response, isFollowUp: i > 0),
                Lines = i == 0 ? whole.Lines : RequestIdentity.LinesOf([.. sent, .. answered.Take(calls[i].Start)]),
                Messages = request,
                // What tools were called for came whole, whatever became of the response.
                HasAnswer = isComplete || calls[i].Start + calls[i].Count < answered.Count,
            };
    }

    private ContentDigest? OptionsOf(TrackedResponse response, bool isFollowUp) =>
        response.RequestOptions is { } digest ? _options[(digest, isFollowUp)] : null;

    /// <summary>A single message is a single call's answer, but for the list of messages as which earlier versions kept it.</summary>
    private static bool MayHoldSeveral(TrackedResponse response) =>
        response.Operation is ResponseOperation.Chat && (response.ResponseMessages.Count > 1 || response.Attempts.Count == 0);

    private async ValueTask LoadAsync(
        List<(TrackedResponse Response, List<ContentDigest> Request)> read,
        CancellationToken cancellationToken
    )
    {
        var messages = read.SelectMany(item => item.Request)
            .Concat(read.Where(item => MayHoldSeveral(item.Response)).SelectMany(item => item.Response.ResponseMessages));
        foreach (var chunk in messages.Where(digest => !_messages.ContainsKey(digest)).Distinct().Chunk(ContentsAtOnce))
        foreach (var (digest, json) in chunk.Zip(await ReadAsync(chunk, cancellationToken).ConfigureAwait(false)))
            _messages[digest] = Parsed(digest, () => RequestForm.OfMessages(json));
        var options = read.Select(item => item.Response.RequestOptions).OfType<ContentDigest>();
        foreach (var chunk in options.Where(digest => !_options.ContainsKey((digest, false))).Distinct().Chunk(ContentsAtOnce))
        foreach (var (digest, json) in chunk.Zip(await ReadAsync(chunk, cancellationToken).ConfigureAwait(false)))
        foreach (var isFollowUp in new[] { false, true })
            _options[(digest, isFollowUp)] = Parsed(digest, () => RequestForm.OfOptions(json, isFollowUp));
    }

    private async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAsync(ContentDigest[] digests, CancellationToken cancellationToken)
    {
        try
        {
            return await storage.ReadJsonAsync(digests, cancellationToken).ConfigureAwait(false);
        }
        catch (NotFoundException e)
        {
            throw new ReplaySourceException(
                sessionId,
                $"Session '{sessionId}' cannot be replayed: the texts of its calls are not kept ({e.Message}). Replay a session that was recorded with its content.",
                e
            );
        }
    }

    private T Parsed<T>(ContentDigest digest, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ReplaySourceException(
                sessionId,
                $"Session '{sessionId}' cannot be replayed: content {digest} is no message or options. Verify the store with SessionStore.VerifyAsync.",
                e
            );
        }
    }

    /// <summary>Everything that was sent. Of a conversation no more is read than was added since the turn before.</summary>
    private async ValueTask<List<ContentDigest>> RequestOfAsync(TrackedResponse response, CancellationToken cancellationToken)
    {
        if (response.Conversation is not { ContinuedFrom: { } leaf, Sent: null } conversation)
            return
            [
                .. await SentHistory.ReadAsync(storage.Records, sessionId, response.Conversation, cancellationToken).ConfigureAwait(false),
                .. response.RequestMessages,
            ];
        if (!_histories.TryGetValue(conversation.Name, out var known) || known.Leaf != leaf)
            _histories[conversation.Name] = known = (
                leaf,
                await GoOnAsync(conversation, leaf, known.Messages is null ? null : known, cancellationToken).ConfigureAwait(false)
            );
        return [.. known.Messages, .. response.RequestMessages];
    }

    private async ValueTask<List<ContentDigest>> GoOnAsync(
        ResponseConversation conversation,
        MessageId leaf,
        (MessageId Leaf, List<ContentDigest> Messages)? known,
        CancellationToken cancellationToken
    )
    {
        if (known is { } before && before.Leaf.Depth < leaf.Depth)
        {
            var query = new MessageQuery
            {
                Leaf = leaf,
                FromDepth = before.Leaf.Depth + 1,
                ToDepth = leaf.Depth,
                PageSize = 1000,
            };
            var page = await storage
                .Records.QueryMessagesAsync(sessionId, conversation.Name, query, null, cancellationToken)
                .ConfigureAwait(false);
            if (page is { Continuation: null, Items: [{ Parent: { } parent }, ..] } && parent == before.Leaf)
                return [.. before.Messages, .. page.Items.Select(message => message.Content)];
        }
        return await SentHistory.ReadAsync(storage.Records, sessionId, conversation, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>The model calls of a response that called tools between them.</summary>
internal static class ToolLoop
{
    /// <summary>Where the answer of each model call is among the messages of a response: what comes up to the results of tools, or to the end.</summary>
    /// <param name="isOfTools">Of each message, whether it brings results of tools.</param>
    /// <returns>At least one; of a response that ends with results, none for a call that was not made.</returns>
    public static IReadOnlyList<(int Start, int Count)> Split(IReadOnlyList<bool> isOfTools)
    {
        var calls = new List<(int Start, int Count)>();
        var start = 0;
        for (var i = 0; i < isOfTools.Count; i++)
        {
            if (!isOfTools[i])
                continue;
            if (i > start || calls.Count == 0)
                calls.Add((start, i - start));
            start = i + 1;
        }
        if (start < isOfTools.Count || calls.Count == 0)
            calls.Add((start, isOfTools.Count - start));
        return calls;
    }
}
