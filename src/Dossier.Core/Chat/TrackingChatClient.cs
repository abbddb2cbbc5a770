using System.Diagnostics;
using Dossier.Storage;
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

    /// <summary>The session that its calls are recorded in, and where that is kept.</summary>
    public (string SessionId, IStorage Storage) RecordsIn => (responses.SessionId, services.Storage);

    /// <summary>Makes its calls turns of a conversation that another object of its session has.</summary>
    public void Admit(Conversation conversation) => conversations.Admit(conversation);

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        var begun = await BeginAsync(messages, options, streaming: false, cancellationToken).ConfigureAwait(false);
        using var span = begun.Span;
        using var attempt = begun.Attempt;
        if (span is not null)
            Activity.Current = attempt ?? span;
        ChatResponse response;
        try
        {
            response = await begun.AskAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await begun.Call.FailAsync(e, partial: null, cancellationToken).ConfigureAwait(false);
            throw;
        }
        // The convention of Microsoft.Extensions.AI: who is given it sends new messages only, and names it in the options of the next call.
        if (begun.Conversation is { } conversation)
            response.ConversationId = conversation;
        await begun.Call.SucceedAsync(response).ConfigureAwait(false);
        return response;
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        return new TrackedStream(token => BeginAsync(messages, options, streaming: true, token), cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (!leaveOpen)
            base.Dispose(disposing);
    }

    private async ValueTask<BegunCall> BeginAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        bool streaming,
        CancellationToken cancellationToken
    )
    {
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var pipeline = Pipeline(options);
        var turn = await conversations.BeginTurnAsync(options, sent, !isPipeline, cancellationToken).ConfigureAwait(false);
        options = turn is null ? options : ConversationTurn.Outgoing(options!);
        var isOnlyAttempt = pipeline is null;
        var span = Spans.StartResponse();
        try
        {
            var call = await TrackedCall
                .PrepareAsync(services, responses, model, sent, options, turn, streaming, isOnlyAttempt, span, cancellationToken)
                .ConfigureAwait(false);
            if (isOnlyAttempt)
                await call.BeginOnlyAttemptAsync(cancellationToken).ConfigureAwait(false);
            var attempt = call.Ledger.Span = isOnlyAttempt ? Spans.StartAttempt(call) : null;
            var own = Observed(options, call);
            return new(
                call,
                span,
                attempt,
                pipeline ?? InnerClient,
                turn?.Outgoing(sent) ?? sent,
                isOnlyAttempt ? own : new CallOptions(own, call),
                turn?.Record.Name
            );
        }
        catch
        {
            span?.Dispose();
            throw;
        }
    }

    /// <summary>The options with which tools are seen that the caller's own client invokes; a pipeline of the session sees to that itself.</summary>
    private ChatOptions? Observed(ChatOptions? options, TrackedCall call) =>
        isPipeline ? options : services.Parts.ObserveTools(InnerClient, options, call, services);

    /// <summary>What keeps the ledger of attempts; null when a call is a single one, and nothing limits it.</summary>
    private IChatClient? Pipeline(ChatOptions? options) =>
        isPipeline ? InnerClient
        : replay is not null ? _replayed ??= new(_limited!, model, replay, services, isWhole: true)
        : budget.Applies(options) ? _limited
        : null;
}
