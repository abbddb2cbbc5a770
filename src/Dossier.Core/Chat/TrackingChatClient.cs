using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Records every call as a response of a session: the intent before it leaves, the outcome when it is back.</summary>
/// <param name="inner">The client.</param>
/// <param name="services">What the store's sessions share.</param>
/// <param name="responses">Where responses go.</param>
/// <param name="conversations">The conversations that a call may continue.</param>
/// <param name="budget">What the session may spend.</param>
/// <param name="replay">What the calls of a client of the caller's own are answered from; null when they are not.</param>
/// <param name="model">What is called.</param>
/// <param name="isPipeline">Whether the client is a pipeline of the session, which keeps the ledger of attempts; otherwise a call is one attempt.</param>
/// <param name="leaveOpen">Whether disposing this leaves the client open.</param>
internal sealed class TrackingChatClient(
    IChatClient inner,
    StoreServices services,
    ResponseLog responses,
    ConversationLog conversations,
    SessionBudget budget,
    ReplaySource? replay,
    ModelReference model,
    bool isPipeline,
    bool leaveOpen
) : DelegatingChatClient(inner)
{
    // A client of the caller's own gets what a pipeline has for a budget when there is one.
    private readonly BudgetChatClient? _limited = isPipeline ? null : new(new AttemptChatClient(inner, model), model, budget, services);
    private ReplayChatClient? _replayed;

    /// <summary>Whether its calls are recorded with these responses.</summary>
    public bool RecordsWith(ResponseLog log) => ReferenceEquals(log, responses);

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var pipeline = Pipeline(options);
        var turn = await conversations.BeginTurnAsync(options, sent, !isPipeline, cancellationToken).ConfigureAwait(false);
        options = turn is null ? options : ConversationTurn.Outgoing(options!);
        using var span = Spans.StartResponse();
        var call = await BeginAsync(sent, options, turn, streaming: false, pipeline is null, span, cancellationToken).ConfigureAwait(false);
        sent = turn?.Outgoing(sent) ?? sent;
        using var attempt = call.Ledger.Span = pipeline is null ? Spans.StartAttempt(call) : null;
        ChatResponse response;
        try
        {
            response = pipeline is null
                ? await InnerClient.GetResponseAsync(sent, Observed(options, call), cancellationToken).ConfigureAwait(false)
                : await pipeline
                    .GetResponseAsync(sent, new CallOptions(Observed(options, call), call), cancellationToken)
                    .ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await call.FailAsync(e, partial: null, cancellationToken).ConfigureAwait(false);
            throw;
        }
        // The convention of Microsoft.Extensions.AI: who is given it sends new messages only, and names it in the options of the next call.
        if (turn is not null)
            response.ConversationId = turn.Record.Name;
        await call.SucceedAsync(response).ConfigureAwait(false);
        return response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var pipeline = Pipeline(options);
        var turn = await conversations.BeginTurnAsync(options, sent, !isPipeline, cancellationToken).ConfigureAwait(false);
        options = turn is null ? options : ConversationTurn.Outgoing(options!);
        using var span = Spans.StartResponse();
        var call = await BeginAsync(sent, options, turn, streaming: true, pipeline is null, span, cancellationToken).ConfigureAwait(false);
        sent = turn?.Outgoing(sent) ?? sent;
        using var attempt = call.Ledger.Span = pipeline is null ? Spans.StartAttempt(call) : null;
        var own = Observed(options, call);
        var answer = new StreamedAnswer();
        IAsyncEnumerator<ChatResponseUpdate>? stream = null;
        var ended = false;
        try
        {
            while (true)
            {
                try
                {
                    stream ??= (pipeline ?? InnerClient)
                        .GetStreamingResponseAsync(sent, pipeline is null ? own : new CallOptions(own, call), cancellationToken)
                        .GetAsyncEnumerator(cancellationToken);
                    if (span is not null)
                        Activity.Current = attempt ?? span; // what comes between two updates is the reader's
                    if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (Exception e)
                {
                    ended = true;
                    await call.FailAsync(e, answer.ToChatResponse(), cancellationToken).ConfigureAwait(false);
                    throw;
                }
                var update = stream.Current;
                // In a copy: inside, the model is to be sent the history with the results of its tools, and not the results alone.
                if (turn is not null)
                {
                    update = update.Clone();
                    update.ConversationId = turn.Record.Name;
                }
                answer.Add(update);
                call.Saw(update);
                yield return update;
            }
            ended = true;
            await call.SucceedAsync(answer.ToChatResponse()).ConfigureAwait(false);
        }
        finally
        {
            try
            {
                // First, because the vendor goes on counting tokens until it is told.
                if (stream is not null)
                    await stream.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                // The consumer left before the end.
                if (!ended)
                    await call.LeaveAsync(answer.ToChatResponse()).ConfigureAwait(false);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (!leaveOpen)
            base.Dispose(disposing);
    }

    private async ValueTask<TrackedCall> BeginAsync(
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        ConversationTurn? turn,
        bool streaming,
        bool isOnlyAttempt,
        Activity? span,
        CancellationToken cancellationToken
    )
    {
        var call = await TrackedCall
            .PrepareAsync(services, responses, model, messages, options, turn, streaming, isOnlyAttempt, span, cancellationToken)
            .ConfigureAwait(false);
        if (isOnlyAttempt)
            await call.BeginOnlyAttemptAsync(cancellationToken).ConfigureAwait(false);
        return call;
    }

    /// <summary>The options with which tools are seen that the caller's own client invokes; a pipeline of the session sees to that itself.</summary>
    private ChatOptions? Observed(ChatOptions? options, TrackedCall call) =>
        isPipeline ? options : services.Parts.ObserveTools(InnerClient, options, call);

    /// <summary>What keeps the ledger of attempts; null when a call is a single one, and nothing limits it.</summary>
    private IChatClient? Pipeline(ChatOptions? options) =>
        isPipeline ? InnerClient
        : replay is not null ? _replayed ??= new(_limited!, model, replay, services, isWhole: true)
        : budget.Applies(options) ? _limited
        : null;
}
