using System.Text;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>The record of one call, from its intent to its outcome. Used by one call only.</summary>
internal sealed class TrackedCall
{
    private readonly StoreServices _services;
    private readonly ResponseLog _responses;
    private readonly long _start;
    private TrackedResponse _record;

    private TrackedCall(StoreServices services, ResponseLog responses, TrackedResponse record)
    {
        (_services, _responses, _record) = (services, responses, record);
        _start = services.Time.GetTimestamp();
    }

    /// <summary>Commits what is about to be sent. When this fails, nothing has left the machine.</summary>
    public static async ValueTask<TrackedCall> BeginAsync(
        StoreServices services,
        ResponseLog responses,
        ModelReference model,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        bool streaming,
        CancellationToken cancellationToken
    )
    {
        responses.ThrowIfClosed();
        var encoder = new MessageEncoder(services.Masker);
        var digests = new ContentDigest[messages.Count];
        var contents = new CommitContents(services.Storage);
        for (var i = 0; i < digests.Length; i++)
            digests[i] = await contents.AddAsync(encoder.Encode(messages[i]), cancellationToken).ConfigureAwait(false);
        ContentDigest? optionsDigest = options is null
            ? null
            : await contents.AddAsync(encoder.Encode(options), cancellationToken).ConfigureAwait(false);
        foreach (var data in encoder.Data)
            await contents.AddAsync(data, cancellationToken).ConfigureAwait(false);

        var record = responses.NewRecord(key: null) with
        {
            Outcome = ResponseOutcome.InProgress,
            Provider = model.Provider,
            // Masked here, and not only when it is stored: it is logged as well.
            RequestedModel = services.Masker.Apply(options?.ModelId ?? model.Model),
            Streaming = streaming,
            RequestMessages = digests,
            RequestOptions = optionsDigest,
            InputArtifacts = encoder.Artifacts,
            MaskedSecrets = encoder.MaskedSecrets,
        };
        var sequence = await responses.CommitAsync(record, contents, cancellationToken).ConfigureAwait(false);
        return new(services, responses, record with { Sequence = sequence });
    }

    /// <summary>Notes the time of the first update with content.</summary>
    public void Saw(ChatResponseUpdate update)
    {
        if (_record.TimeToFirstToken is null && update.Contents.Any(IsOutput))
            _record = _record with { TimeToFirstToken = _services.Time.GetElapsedTime(_start) };
    }

    /// <summary>Commits an answer.</summary>
    /// <exception cref="ResponseNotRecordedException">The store could not write; the answer is in the exception.</exception>
    public async Task SucceedAsync(ChatResponse response)
    {
        try
        {
            await EndAsync(ResponseOutcome.Succeeded, response, error: null).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw new ResponseNotRecordedException(response, _record.Id, e);
        }
    }

    /// <summary>Commits a failure, or a cancellation by the caller. Never throws: the caller is about to be told the failure itself.</summary>
    public Task FailAsync(Exception exception, ChatResponse? partial, CancellationToken cancellationToken)
    {
        var cancelled = exception is OperationCanceledException && cancellationToken.IsCancellationRequested;
        var failure = cancelled ? new(ProviderErrorKind.Unknown) : _services.Classify(exception);
        var error = ResponseError.From(exception, failure);
        error = error with { Message = _services.Masker.Apply(error.Message) };
        return EndQuietlyAsync(cancelled ? ResponseOutcome.Cancelled : ResponseOutcome.Failed, partial, error);
    }

    /// <summary>Commits a stream that its consumer left; when its last update had come it is a success.</summary>
    public Task LeaveAsync(ChatResponse partial) =>
        EndQuietlyAsync(partial.FinishReason is null ? ResponseOutcome.Cancelled : ResponseOutcome.Succeeded, partial, error: null);

    private async Task EndQuietlyAsync(ResponseOutcome outcome, ChatResponse? response, ResponseError? error)
    {
        try
        {
            await EndAsync(outcome, response, error).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.ResponseNotRecorded(_services.Logger, _record.SessionId, _record.Id, outcome, _services.Masker.Apply(e.Message));
        }
    }

    private async Task EndAsync(ResponseOutcome outcome, ChatResponse? response, ResponseError? error)
    {
        var duration = _services.Time.GetElapsedTime(_start);
        var contents = new CommitContents(_services.Storage);
        var record = _record with { Outcome = outcome, Duration = duration, Error = error };
        if (response is not null)
            record = await WithAnswerAsync(record, response, contents).ConfigureAwait(false);
        // The outcome of a call that was made is kept even when its caller no longer waits for it.
        await _responses.CommitAsync(record, contents, CancellationToken.None).ConfigureAwait(false);
        _record = record;
        if (record.TextDigest is { } text)
            _responses.Remember(text, record.Id);
        if (record.MaskedSecrets > 0)
            Log.SecretsMasked(_services.Logger, record.SessionId, $"response {record.Id}", record.MaskedSecrets);
        if (outcome == ResponseOutcome.Failed)
        {
            Log.ResponseFailed(_services.Logger, record.SessionId, record.Id, record.RequestedModel, error!.Kind, error.Message);
            return;
        }
        Log.ResponseRecorded(_services.Logger, record.SessionId, record.Id, outcome, record.RequestedModel, record.Usage?.Total);
    }

    private async ValueTask<TrackedResponse> WithAnswerAsync(TrackedResponse record, ChatResponse response, CommitContents contents)
    {
        ContentDigest? messages = null;
        var encoder = new MessageEncoder(_services.Masker);
        if (response.Messages.Any(m => m.Contents.Count > 0))
        {
            messages = await contents.AddAsync(encoder.Encode(response.Messages), CancellationToken.None).ConfigureAwait(false);
            foreach (var data in encoder.Data)
                await contents.AddAsync(data, CancellationToken.None).ConfigureAwait(false);
        }
        var usage = response.Usage is { } details ? TokenUsage.From(details) : null;
        return record with
        {
            ServedModel = response.ModelId,
            Usage = usage,
            Cost = _responses.CostOf(record.Provider, response.ModelId, record.RequestedModel, usage),
            FinishReason = response.FinishReason?.Value,
            ResponseMessages = messages,
            // Of the text as an artifact would keep it.
            TextDigest = response.Text is { Length: > 0 } text
                ? ContentDigest.Of(Encoding.UTF8.GetBytes(_services.Masker.Apply(text)))
                : null,
            MaskedSecrets = record.MaskedSecrets + encoder.MaskedSecrets,
        };
    }

    private static bool IsOutput(AIContent content) =>
        content is not UsageContent && (content is not TextContent text || !string.IsNullOrEmpty(text.Text));
}
