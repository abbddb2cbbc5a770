using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Enters every call that reaches a model into the ledger: its beginning before it leaves, its end when it is back.</summary>
/// <param name="innerClient">The model's client.</param>
/// <param name="model">The model.</param>
internal sealed class AttemptChatClient(IChatClient innerClient, ModelReference model) : DelegatingChatClient(innerClient)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var call = CallOptions.CallOf(options);
        using var span = call.Ledger.Span = Spans.StartAttempt(call);
        await call.BeginAttemptAsync(model, (CallOptions)options!, cancellationToken).ConfigureAwait(false);
        ChatResponse response;
        try
        {
            response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Fail(call, e, default, cancellationToken);
            throw;
        }
        call.Ledger.End(AttemptOutcome.Succeeded, new(response.ModelId, TokenUsage.From(response.Usage)), error: null);
        call.KeepIfToolsFollow(response);
        return response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var call = CallOptions.CallOf(options);
        using var span = call.Ledger.Span = Spans.StartAttempt(call);
        await call.BeginAttemptAsync(model, (CallOptions)options!, cancellationToken).ConfigureAwait(false);
        var seen = new Seen();
        IAsyncEnumerator<ChatResponseUpdate>? stream = null;
        var ended = false;
        try
        {
            while (true)
            {
                try
                {
                    stream ??= base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
                    if (span is not null)
                        Activity.Current = span; // what comes between two updates is the reader's
                    if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (Exception e)
                {
                    ended = true;
                    Fail(call, e, seen.Answer, cancellationToken);
                    throw;
                }
                seen.Add(stream.Current, call);
                yield return stream.Current;
            }
            ended = true;
            call.Ledger.End(AttemptOutcome.Succeeded, seen.Answer, error: null);
        }
        finally
        {
            if (!ended)
                call.Ledger.End(seen.IsFinished ? AttemptOutcome.Succeeded : AttemptOutcome.Cancelled, seen.Answer, error: null);
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static void Fail(TrackedCall call, Exception exception, AttemptAnswer answer, CancellationToken cancellationToken)
    {
        var cancelled = exception is OperationCanceledException && cancellationToken.IsCancellationRequested;
        answer = answer with { Usage = answer.Usage ?? call.UsageOf(exception) };
        call.Ledger.End(cancelled ? AttemptOutcome.Cancelled : AttemptOutcome.Failed, answer, call.ErrorOf(exception));
    }

    /// <summary>What a stream has said of itself so far.</summary>
    private sealed class Seen
    {
        private string? _servedModel;
        private UsageDetails? _usage;
        private TimeSpan? _timeToFirstToken;

        public bool IsFinished { get; private set; }

        public AttemptAnswer Answer => new(_servedModel, TokenUsage.From(_usage), _timeToFirstToken);

        public void Add(ChatResponseUpdate update, TrackedCall call)
        {
            _servedModel = update.ModelId ?? _servedModel;
            IsFinished |= update.FinishReason is not null;
            if (_timeToFirstToken is null && update.HasContent())
                _timeToFirstToken = call.Ledger.Elapsed;
            foreach (var content in update.Contents)
            {
                if (content is UsageContent usage)
                    (_usage ??= new()).Add(usage.Details);
            }
        }
    }
}
