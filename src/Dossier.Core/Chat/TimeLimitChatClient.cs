using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Bounds the time of a call, and of a stream the time to its first content.</summary>
/// <param name="innerClient">What is called.</param>
/// <param name="model">The model that was asked for.</param>
/// <param name="whole">The limit of the whole, and the option that sets it; null for none.</param>
/// <param name="firstToken">The limit of a stream's beginning; null for none.</param>
/// <param name="services">What the store's sessions share.</param>
internal sealed class TimeLimitChatClient(
    IChatClient innerClient,
    ModelReference model,
    (TimeSpan Limit, string Option)? whole,
    TimeSpan? firstToken,
    StoreServices services
) : DelegatingChatClient(innerClient)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        using var clock = new Clock(whole, firstToken: null, services.Time, cancellationToken);
        try
        {
            return await base.GetResponseAsync(messages, options, clock.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (clock.Expired is { } expired)
        {
            throw Late(expired, e);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        using var clock = new Clock(whole, firstToken, services.Time, cancellationToken);
        var updates = base.GetStreamingResponseAsync(messages, options, clock.Token).GetAsyncEnumerator(clock.Token);
        await using (updates.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (Exception e) when (clock.Expired is { } expired)
                {
                    throw Late(expired, e);
                }
                if (updates.Current.HasContent())
                    clock.HasBegun();
                yield return updates.Current;
            }
        }
    }

    private ProviderException Late((string What, TimeSpan Limit, string Option) expired, Exception cause) =>
        new(
            model.Provider,
            model.Model,
            new(ProviderErrorKind.Timeout, IsTransient: true),
            $"{model} {expired.What} within {expired.Limit:c}. Try again later, or raise {services.Remedy.Resilience(expired.Option)}.",
            cause as OperationCanceledException
        );

    private sealed class Clock : IDisposable
    {
        private readonly (TimeSpan Limit, string Option)? _wholeLimit;
        private readonly TimeSpan? _firstTokenLimit;
        private readonly CancellationToken _caller;
        private readonly CancellationTokenSource? _whole;
        private readonly CancellationTokenSource? _firstToken;
        private readonly CancellationTokenSource _any;

        public Clock((TimeSpan Limit, string Option)? whole, TimeSpan? firstToken, TimeProvider time, CancellationToken caller)
        {
            (_wholeLimit, _firstTokenLimit, _caller) = (whole, firstToken, caller);
            _whole = whole is { } limit ? new(limit.Limit, time) : null;
            _firstToken = firstToken is { } beginning ? new(beginning, time) : null;
            _any = CancellationTokenSource.CreateLinkedTokenSource(caller, _whole?.Token ?? default, _firstToken?.Token ?? default);
        }

        public CancellationToken Token => _any.Token;

        /// <summary>The limit that is exceeded; null when none is, or when the caller has given up by itself.</summary>
        public (string What, TimeSpan Limit, string Option)? Expired
        {
            get
            {
                if (_caller.IsCancellationRequested)
                    return null;
                if (_firstToken is { IsCancellationRequested: true })
                    return ("did not begin to answer", _firstTokenLimit!.Value, nameof(ResilienceOptions.FirstTokenTimeout));
                return _whole is { IsCancellationRequested: true }
                    ? ("did not answer", _wholeLimit!.Value.Limit, _wholeLimit.Value.Option)
                    : null;
            }
        }

        public void HasBegun() => _firstToken?.CancelAfter(Timeout.InfiniteTimeSpan);

        public void Dispose()
        {
            _any.Dispose();
            _whole?.Dispose();
            _firstToken?.Dispose();
        }
    }
}
