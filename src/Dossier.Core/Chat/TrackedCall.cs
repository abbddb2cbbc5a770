using System.Diagnostics;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>The record of one call, from its intent to its outcome. Used by one call only.</summary>
internal sealed class TrackedCall
{
    private readonly StoreServices _services;
    private readonly ResponseLog _responses;
    private readonly ConversationTurn? _turn;
    private readonly long _start;
    private readonly TrackedResponse _record;
    private readonly RedactionTally _redactions;
    private TimeSpan? _timeToFirstToken;
    private CommitContents? _uncommitted;
    private Func<SessionCommit, SessionCommit>? _amendment;
    private Func<bool, ValueTask>? _afterAmendment;
    private Exception? _notBegun;
    private ConversationResult? _said;
    private MessageId? _branch;
    private ToolLedger? _tools;
    private bool _hasEnded;

    private TrackedCall(
        StoreServices services,
        ResponseLog responses,
        TrackedResponse record,
        CommitContents contents,
        AttemptLedger ledger,
        ConversationTurn? turn,
        RedactionTally redactions
    )
    {
        (_services, _responses, _record, _uncommitted, Ledger, _turn) = (services, responses, record, contents, ledger, turn);
        _redactions = redactions;
        _start = services.Time.GetTimestamp();
    }

    /// <summary>The id of the response.</summary>
    public string ResponseId => _record.Id;

    /// <summary>The session of the response.</summary>
    public string SessionId => _record.SessionId;

    /// <summary>The step that the call was made in, and the number of the step's attempt.</summary>
    public (ContentDigest? Key, long Attempt) Step => (_record.StepKey, _record.StepAttempt);

    /// <summary>The span of the response; null when nobody listens.</summary>
    public Activity? Span { get; private init; }

    /// <summary>The attempts of the call.</summary>
    public AttemptLedger Ledger { get; }

    /// <summary>
    /// Encodes what is about to be sent. Writes nothing: the first attempt commits the intent. A call that is a single attempt from its
    /// beginning to its end has it in its ledger, and <see cref="BeginOnlyAttemptAsync"/> commits it.
    /// </summary>
    public static async ValueTask<TrackedCall> PrepareAsync(
        StoreServices services,
        ResponseLog responses,
        ModelReference model,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        ConversationTurn? turn,
        bool streaming,
        bool isOnlyAttempt,
        Activity? span,
        CancellationToken cancellationToken
    )
    {
        responses.ThrowIfClosed();
        var redactions = new RedactionTally();
        var encoder = new MessageEncoder(services.Masker, RedactedPart.Request, redactions);
        var digests = new ContentDigest[messages.Count];
        var contents = services.NewTexts();
        for (var i = 0; i < digests.Length; i++)
        {
            var json = encoder.Encode(messages[i]);
            digests[i] = await contents.AddOwnAsync(json, cancellationToken).ConfigureAwait(false);
            turn?.Say(messages[i], json, digests[i]);
        }
        foreach (var json in turn?.StandIns ?? [])
            await contents.AddOwnAsync(json, cancellationToken).ConfigureAwait(false);
        // Options that set nothing are none, as those are that named a conversation and nothing else.
        ContentDigest? optionsDigest =
            options is null or EmbeddingChatOptions { Given: null }
            || encoder.Encode(options) is var encoded && encoded.Span.SequenceEqual("{}"u8)
                ? null
                : await contents.AddOwnAsync(encoded, cancellationToken).ConfigureAwait(false);
        foreach (var data in encoder.Data)
            await contents.AddAsync(data, cancellationToken).ConfigureAwait(false);

        // Without a listener of its own, it is found by the span that the caller is in.
        var within = span ?? Activity.Current;
        var now = services.Time.GetRecordTime();
        // Masked here, and not only when it is stored: it is logged as well.
        var requestedModel = services.Masker.Apply(options?.ModelId ?? model.Model, redactions, RedactedPart.Name);
        var ledger = new AttemptLedger(services, responses);
        if (isOnlyAttempt)
            ledger.Begin(model, requestedModel, now, options: null);
        var step = StepScope.Of(services.Storage, responses.SessionId);
        var record = new TrackedResponse
        {
            Id = Identifiers.NewRecordId(now),
            SessionId = responses.SessionId,
            StartedAt = now,
            ApplicationVersion = responses.ApplicationVersion,
            StepKey = step?.Key,
            StepAttempt = step?.Fence ?? 0,
            Operation = options is EmbeddingChatOptions ? ResponseOperation.Embedding : ResponseOperation.Chat,
            Outcome = ResponseOutcome.InProgress,
            Process = ProcessOwner.Current,
            TraceId = within?.TraceId.ToHexString(),
            SpanId = within?.SpanId.ToHexString(),
            Provider = model.Provider,
            RequestedModel = requestedModel,
            Streaming = streaming,
            Capture = services.Capture,
            Conversation = turn?.Record,
            RequestMessages = digests,
            RequestOptions = optionsDigest,
            InputArtifacts = encoder.Artifacts,
            Redactions = redactions.Redactions,
            Attempts = ledger.Attempts,
        };
        Spans.Describe(span, record);
        return new(services, responses, record, contents, ledger, turn, redactions) { Span = span };
    }

    /// <summary>
    /// Adds something to the next commit of this call, that of an attempt's beginning or of the outcome: it is written with it or not
    /// at all. Forgotten when that commit fails.
    /// </summary>
    /// <param name="amendment">What it adds.</param>
    /// <param name="after">Told whether it was written.</param>
    public void Amend(Func<SessionCommit, SessionCommit> amendment, Func<bool, ValueTask> after)
    {
        (_amendment, _afterAmendment) = _amendment is { } earlier
            ? (commit => amendment(earlier(commit)), Both(_afterAmendment!, after))
            : (amendment, after);

        static Func<bool, ValueTask> Both(Func<bool, ValueTask> first, Func<bool, ValueTask> second) =>
            async isWritten =>
            {
                await first(isWritten).ConfigureAwait(false);
                await second(isWritten).ConfigureAwait(false);
            };
    }

    /// <summary>
    /// Commits that an attempt is about to leave; with the first one, the intent of the whole call. When this fails, the attempt has
    /// not left the machine, and the ledger does not have it.
    /// </summary>
    /// <param name="model">What is about to be called.</param>
    /// <param name="options">What it is called with.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    public ValueTask BeginAttemptAsync(ModelReference model, CallOptions options, CancellationToken cancellationToken)
    {
        Ledger.Begin(model, _services.Masker.Apply(options.ModelId ?? model.Model), _services.Time.GetRecordTime(), options);
        return CommitBeginningAsync(UnderWay(), cancellationToken);
    }

    /// <summary>The same for a call that is a single attempt from its beginning to its end, and was prepared as such.</summary>
    public ValueTask BeginOnlyAttemptAsync(CancellationToken cancellationToken) => CommitBeginningAsync(_record, cancellationToken);

    /// <summary>
    /// Runs a tool, with its beginning committed before and its end with what is committed next. What it throws passes through: whoever
    /// invokes tools decides what becomes of it.
    /// </summary>
    /// <param name="modelCall">The model call that asked for it.</param>
    /// <param name="callId">The id by which messages name the call.</param>
    /// <param name="name">The name of the tool.</param>
    /// <param name="invoke">Runs it.</param>
    /// <param name="cancellationToken">The token that the tool was given.</param>
    public async ValueTask<object?> InvokeToolAsync(
        int modelCall,
        string callId,
        string name,
        Func<ValueTask<object?>> invoke,
        CancellationToken cancellationToken
    )
    {
        var tools = Tools;
        var place = tools.Begin(NewToolCall(modelCall, callId, name, ToolCallOutcome.InProgress));
        try
        {
            await CommitToolAsync(tools, place, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            tools.TakeBack(place);
            throw;
        }
        object? result;
        using var span = Spans.StartTool(this);
        try
        {
            result = await invoke().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var cancelled = e is OperationCanceledException && cancellationToken.IsCancellationRequested;
            EndTool(cancelled ? ToolCallOutcome.Cancelled : ToolCallOutcome.Failed, ErrorOf(e));
            throw;
        }
        EndTool(ToolCallOutcome.Succeeded, error: null);
        tools.Keep([new(ChatRole.Tool, [new FunctionResultContent(callId, result)])]);
        return result;

        void EndTool(ToolCallOutcome outcome, ResponseError? error)
        {
            var call = tools.End(place, outcome, error);
            Spans.End(span, call);
            Measurements.Ended(call);
        }
    }

    /// <summary>Notes that the model was given an answer to a tool call; one that was not invoked is recorded as that.</summary>
    public void ToolAnswered(string callId, string name)
    {
        var answered = NewToolCall(Ledger.ModelCalls, callId, name, ToolCallOutcome.NotInvoked);
        if (Tools.Answered(answered))
            return;
        var error = new ResponseError
        {
            Message = "No tool has that name, its use was not approved, or its beginning could not be recorded.",
        };
        Measurements.Ended(Tools.End(Tools.Begin(answered), ToolCallOutcome.NotInvoked, error));
    }

    /// <summary>Keeps an answer that asks for tools: should one of the next model calls fail, it is what had arrived.</summary>
    public void KeepIfToolsFollow(ChatResponse response)
    {
        if (response.Messages.Any(message => message.Contents.Any(content => content is FunctionCallContent)))
            Tools.Keep(response.Messages);
    }

    /// <summary>Says what an exception means, in the form in which it is recorded.</summary>
    public ResponseError ErrorOf(Exception exception) => ErrorOf(exception, _services.Classify(exception));

    /// <summary>What the vendor says that a failed call took; null when it does not say.</summary>
    public TokenUsage? UsageOf(Exception exception) => TokenUsage.From(_services.Classify(exception).Usage);

    /// <summary>Notes the time of the first update with content.</summary>
    public void SawContent() => _timeToFirstToken = _services.Time.GetElapsedTime(_start);

    /// <summary>Commits an answer.</summary>
    /// <exception cref="ResponseNotRecordedException">The store could not write; the answer is in the exception.</exception>
    /// <exception cref="ConversationConflictException">The turn is kept as a branch; the answer is in the exception.</exception>
    public async Task SucceedAsync(ChatResponse response)
    {
        try
        {
            if (await EndInTurnAsync(ResponseOutcome.Succeeded, response, error: null).ConfigureAwait(false) is { } notKept)
                throw notKept;
        }
        catch (Exception e)
        {
            throw new ResponseNotRecordedException(response, _record.Id, e);
        }
        if (_branch is { } leaf)
            throw new ConversationConflictException(_turn!.Record.Name, leaf, _said!.Head, response, _record.Id);
    }

    /// <summary>Commits a failure, or a cancellation by the caller. Never throws: the caller is about to be told the failure itself.</summary>
    public Task FailAsync(Exception exception, ChatResponse? partial, CancellationToken cancellationToken)
    {
        // The intent could not be written, and nothing has left: there is nothing to record, and no way to.
        if (Ledger.IsEmpty && ReferenceEquals(exception, _notBegun) && exception is StorageException or OperationCanceledException)
            return Task.CompletedTask;
        var cancelled = exception is OperationCanceledException && cancellationToken.IsCancellationRequested;
        var error = cancelled ? ErrorOf(exception, new(ProviderErrorKind.Unknown)) : ErrorOf(exception);
        return EndQuietlyAsync(cancelled ? ResponseOutcome.Cancelled : ResponseOutcome.Failed, WithResults(partial), error);
    }

    /// <summary>Commits a stream that its consumer left; when its last update had come it is a success.</summary>
    public Task LeaveAsync(ChatResponse partial)
    {
        // Where tools were invoked, an answer that asks for them is not the last.
        var isWhole = partial.FinishReason is { } reason && (_tools is null || reason != ChatFinishReason.ToolCalls);
        return EndQuietlyAsync(isWhole ? ResponseOutcome.Succeeded : ResponseOutcome.Cancelled, WithResults(partial), error: null);
    }

    private ChatResponse? WithResults(ChatResponse? partial) => _tools is null ? partial : _tools.AddTo(partial);

    private ResponseError ErrorOf(Exception exception, ProviderFailure failure)
    {
        if (exception is ProviderException { Redactions: { } earlier })
            _redactions.Add(earlier);
        return ResponseError.From(exception, failure).Masked(_services.Masker, _redactions).As(_services.Capture);
    }

    private async ValueTask CommitBeginningAsync(TrackedResponse record, CancellationToken cancellationToken)
    {
        try
        {
            await CommitAsync(_responses.Masked(record), _uncommitted ?? _services.NewTexts(), BudgetAmount.Nothing, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Ledger.TakeBack();
            _notBegun = e;
            throw;
        }
    }

    private ToolLedger Tools => LazyInitializer.EnsureInitialized(ref _tools, () => new(_services));

    private TrackedResponse UnderWay() =>
        _record with
        {
            TimeToFirstToken = _timeToFirstToken,
            Attempts = Ledger.Attempts,
            ToolCalls = _tools?.Calls ?? [],
            Redactions = _redactions.Redactions,
        };

    private ToolCall NewToolCall(int modelCall, string callId, string name, ToolCallOutcome outcome) =>
        new()
        {
            ModelCall = modelCall,
            CallId = callId,
            Name = _services.Masker.ApplyOrNote(name, _redactions, RedactedPart.Name),
            StartedAt = _services.Time.GetRecordTime(),
            Outcome = outcome,
        };

    private async ValueTask CommitToolAsync(ToolLedger tools, int place, CancellationToken cancellationToken)
    {
        await tools.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A tool that goes on when its call is over is no part of it any more.
            if (_hasEnded || tools.IsCommitted(place))
                return;
            var count = tools.Count;
            await CommitAsync(_responses.Masked(UnderWay()), _uncommitted ?? _services.NewTexts(), BudgetAmount.Nothing, cancellationToken)
                .ConfigureAwait(false);
            tools.Committed(count);
        }
        finally
        {
            tools.Turn.Release();
        }
    }

    private async Task EndQuietlyAsync(ResponseOutcome outcome, ChatResponse? response, ResponseError? error)
    {
        try
        {
            await EndInTurnAsync(outcome, response, error).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.ResponseNotRecorded(_services.Logger, _record.SessionId, _record.Id, outcome, _services.Masker.ApplyToError(e.Message));
        }
    }

    private Task<RedactionException?> EndInTurnAsync(ResponseOutcome outcome, ChatResponse? response, ResponseError? error) =>
        _tools is { } tools ? EndInTurnAsync(tools, outcome, response, error) : EndAsync(outcome, response, error);

    private async Task<RedactionException?> EndInTurnAsync(
        ToolLedger tools,
        ResponseOutcome outcome,
        ChatResponse? response,
        ResponseError? error
    )
    {
        await tools.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _hasEnded = true;
            return await EndAsync(outcome, response, error).ConfigureAwait(false);
        }
        finally
        {
            tools.Turn.Release();
        }
    }

    /// <summary>Commits the outcome. Returns why the answer is not kept with it, when a redactor failed.</summary>
    private async Task<RedactionException?> EndAsync(ResponseOutcome outcome, ChatResponse? response, ResponseError? error)
    {
        var duration = _services.Time.GetElapsedTime(_start);
        var contents = _uncommitted ?? _services.NewTexts();
        ContentDigest[] messages = [];
        ContentDigest? text = null;
        // An attempt that nobody ended has been the whole call.
        if (Ledger.Open is not null)
        {
            var answer = new AttemptAnswer(response?.ModelId, TokenUsage.From(response?.Usage), _timeToFirstToken);
            Ledger.End(outcome.ToAttemptOutcome(), answer, error, duration);
        }
        RedactionException? notKept = null;
        try
        {
            if (response is not null)
                (messages, text) = await contents.AddAnswerAsync(response, _services, _turn, _redactions).ConfigureAwait(false);
        }
        catch (RedactionException e)
        {
            // What the call took is kept all the same.
            (notKept, outcome, error) = (e, ResponseOutcome.Failed, error ?? ErrorOf(e));
        }
        var attempts = Ledger.Attempts;
        var record = _responses.Masked(
            _record with
            {
                Outcome = outcome,
                Process = null,
                Duration = duration,
                TimeToFirstToken = _timeToFirstToken,
                Error = error,
                ServedModel = response?.ModelId,
                FinishReason = response?.FinishReason?.Value,
                Dimensions = EmbeddingChatClient.VectorsOf(response)?.FirstOrDefault()?.Dimensions,
                ResponseMessages = messages,
                TextDigest = text,
                Redactions = _redactions.Redactions,
                Attempts = attempts,
                ToolCalls = _tools?.Calls ?? [],
                Usage = AttemptSums.Usage(attempts),
                Cost = AttemptSums.Cost(attempts),
            }
        );
        if (Span is not null)
            Spans.End(Span, record);
        Measurements.Ended(record);
        // What was called without a limit is settled as well, so that a limit that is set later knows of it.
        var unlimited = Spending.Of(Ledger.TakeUnsettled());
        if (_turn is not null && outcome is ResponseOutcome.Succeeded)
            AmendWith(_turn);
        // The outcome of a call that was made is kept even when its caller no longer waits for it.
        await CommitAsync(record, contents, unlimited, CancellationToken.None).ConfigureAwait(false);
        if (text is { } digest)
            _responses.Remember(digest, record.Id);
        Log.Redacted(_services.Logger, record);
        if (outcome == ResponseOutcome.Failed)
            Log.ResponseFailed(_services.Logger, record.SessionId, record.Id, record.RequestedModel, error!.Kind, error.Message);
        else
            Log.ResponseRecorded(_services.Logger, record.SessionId, record.Id, outcome, record.RequestedModel, record.Usage?.Total);
        return notKept;
    }

    /// <summary>Keeps the turn together with the outcome.</summary>
    private void AmendWith(ConversationTurn turn) =>
        Amend(
            commit => commit with { Conversations = [.. commit.Conversations, turn.ToChange(_record.Id)] },
            isWritten =>
            {
                if (isWritten && (_branch = turn.End(_said!)) is { } leaf)
                    Log.TurnBranched(_services.Logger, _record.SessionId, turn.Record.Name, _record.Id, leaf, _said!.Head);
                return default;
            }
        );

    private async ValueTask CommitAsync(
        TrackedResponse record,
        CommitContents contents,
        BudgetAmount spent,
        CancellationToken cancellationToken
    )
    {
        var (amendment, after) = (_amendment, _afterAmendment);
        (_amendment, _afterAmendment) = (null, null);
        try
        {
            var result = await _responses.CommitAsync(record, contents, spent, amendment, cancellationToken).ConfigureAwait(false);
            _said = result.Conversations is [.., var said] ? said : null;
        }
        catch when (after is not null)
        {
            await after(false).ConfigureAwait(false);
            throw;
        }
        if (after is not null)
            await after(true).ConfigureAwait(false);
        _uncommitted = null;
    }
}
