using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Dossier;

/// <summary>
/// Tries a call again on the same model after a failure that may pass, with a pause that grows, and sends nothing to a provider that fails nearly
/// always. A stream is tried again up to its first content only.
/// </summary>
internal sealed class RetryChatClient : DelegatingChatClient
{
    private static readonly ResiliencePropertyKey<TrackedCall> CallKey = new("Dossier.Call");
    private static readonly SharedByProvider<CircuitSettings, ResiliencePipeline> Circuits = new(NewCircuit);

    private readonly ModelReference _model;
    private readonly StoreServices _services;
    private readonly ResiliencePipeline _pipeline;

    /// <param name="innerClient">What makes one attempt.</param>
    /// <param name="model">The model.</param>
    /// <param name="services">What the store's sessions share.</param>
    public RetryChatClient(IChatClient innerClient, ModelReference model, StoreServices services)
        : base(innerClient)
    {
        (_model, _services) = (model, services);
        var resilience = services.Resilience;
        var builder = new ResiliencePipelineBuilder { TimeProvider = services.Time };
        if (resilience.MaxRetries > 0)
        {
            builder.AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = resilience.MaxRetries,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = resilience.BaseDelay,
                    MaxDelay = resilience.MaxDelay,
                    ShouldHandle = args => new(CanRetry(args.Outcome.Exception, args.Context.CancellationToken)),
                    // Null leaves it to the growing pause.
                    DelayGenerator = args =>
                        new(services.Classify(args.Outcome.Exception!).RetryAfter is { Ticks: > 0 } wait ? wait : null),
                    OnRetry = args => Announce(args),
                }
            );
        }
        if (resilience.Circuit.FailureRatio > 0)
        {
            var endpoint = services.Options.Providers.TryGetValue(model.Provider, out var provider) ? provider.Endpoint : null;
            builder.AddPipeline(Circuits.Get(model.Provider, endpoint, resilience.Circuit, services.Time));
        }
        _pipeline = builder.Build();
    }

    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => ExecuteAsync(token => base.GetResponseAsync(messages, options, token), options, cancellationToken);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var stream = await ExecuteAsync(
                token => StartedStream.OpenAsync(InnerClient.GetStreamingResponseAsync(messages, options, token), token),
                options,
                cancellationToken
            )
            .ConfigureAwait(false);
        await foreach (var update in stream.ReadAsync().ConfigureAwait(false))
            yield return update;
    }

    private async Task<T> ExecuteAsync<T>(
        Func<CancellationToken, Task<T>> attemptAsync,
        ChatOptions? options,
        CancellationToken cancellationToken
    )
    {
        var call = CallOptions.CallOf(options);
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(CallKey, call);
        try
        {
            return await _pipeline
                .ExecuteAsync(
                    static async (context, attemptAsync) => await attemptAsync(context.CancellationToken).ConfigureAwait(false),
                    context,
                    attemptAsync
                )
                .ConfigureAwait(false);
        }
        catch (BrokenCircuitException e)
        {
            var open = CircuitOpen(e.RetryAfter);
            call.Ledger.Skip(_model, call.ErrorOf(open));
            throw open;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private bool CanRetry(Exception? exception, CancellationToken cancellationToken)
    {
        if (exception is null or BrokenCircuitException || cancellationToken.IsCancellationRequested)
            return false;
        if (exception is DossierException and not ProviderException)
            return false;
        var failure = _services.Classify(exception);
        return failure.IsTransient && !(failure.RetryAfter > _services.Resilience.MaxDelay);
    }

    private ValueTask Announce(OnRetryArguments<object> args)
    {
        var call = args.Context.Properties.GetValue(CallKey, null!);
        var error = call.ErrorOf(args.Outcome.Exception!);
        call.Ledger.Announce(AttemptReason.Retry, error);
        call.Ledger.AddWait(args.RetryDelay);
        Log.TryingAgain(_services.Logger, _services.NameOf(_model), error.Kind, args.RetryDelay);
        return default;
    }

    private ProviderException CircuitOpen(TimeSpan? retryAfter) =>
        new(
            _model.Provider,
            _model.Model,
            new(ProviderErrorKind.CircuitOpen, IsTransient: true, RetryAfter: retryAfter),
            $"{_model} was not called: nearly all calls to provider '{_model.Provider}' have failed lately. It is tried again {(retryAfter is { } wait ? $"in {wait:c}" : "soon")}; name a fallback (SessionOptions.Fallbacks), or see {_services.Remedy.Resilience(nameof(ResilienceOptions.CircuitFailureRatio))}."
        );

    private static ResiliencePipeline NewCircuit(CircuitSettings settings, TimeProvider time)
    {
        var state = new CircuitBreakerStateProvider();
        return new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions
                {
                    FailureRatio = settings.FailureRatio,
                    MinimumThroughput = settings.MinimumCalls,
                    SamplingDuration = settings.Sampling,
                    BreakDuration = settings.Break,
                    StateProvider = state,
                    // The one call that was to try whether the provider is back has not: the next one is to.
                    ShouldHandle = args =>
                        new(
                            IsDown(args.Outcome.Exception, args.Context.CancellationToken)
                                || state.CircuitState is CircuitState.HalfOpen
                                    && SaysNothing(args.Outcome.Exception, args.Context.CancellationToken)
                        ),
                }
            )
            .Build();
    }

    /// <summary>Whether a failure says that the provider is down. All sessions judge alike, whatever their options.</summary>
    private static bool IsDown(Exception? exception, CancellationToken cancellationToken)
    {
        if (exception is null || cancellationToken.IsCancellationRequested)
            return false;
        var failure =
            (exception as ProviderException)?.Failure ?? (exception is DossierException ? null : HttpFailures.Classify(exception));
        return failure is { IsTransient: true, Kind: not ProviderErrorKind.RateLimited };
    }

    /// <summary>Whether a failure came before the provider could answer, so that it says nothing of it.</summary>
    private static bool SaysNothing(Exception? exception, CancellationToken cancellationToken) =>
        exception is not null
        && (
            cancellationToken.IsCancellationRequested
            || exception
                is OptionsValidationException
                    or ProviderException { Failure.Kind: ProviderErrorKind.Misconfigured }
                    or (DossierException and not ProviderException)
        );
}
