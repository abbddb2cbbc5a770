using Dossier.Storage;

namespace Dossier;

/// <summary>One attempt of a step while it has the step to itself. It renews its lease every third of it, and cancels the body when it cannot.</summary>
internal sealed class StepLease : IAsyncDisposable
{
    private readonly StoreServices _services;
    private readonly StepCall _call;
    private readonly CancellationTokenSource _body;
    private readonly CancellationTokenSource _stop = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _heartbeat;
    private long _renewedAt;
    private volatile bool _ends;

    /// <param name="services">What the session works with.</param>
    /// <param name="call">The step.</param>
    /// <param name="fence">The number of the attempt.</param>
    /// <param name="begunAt">When the commit that took the lease was sent, as a timestamp.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public StepLease(StoreServices services, StepCall call, long fence, long begunAt, CancellationToken cancellationToken)
    {
        (_services, _call, Fence, _renewedAt) = (services, call, fence, begunAt);
        _body = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _timer = new(call.Options.Lease / 3, services.Time);
        _heartbeat = RenewAsync();
    }

    public long Fence { get; }

    /// <summary>Whether the lease could not be renewed.</summary>
    public bool IsLost { get; private set; }

    /// <summary>What the body has to stop by: the caller's cancellation, or the loss of the lease.</summary>
    public CancellationToken BodyToken => _body.Token;

    /// <summary>The end of the attempt is on its way to the store: that no renewal comes behind it is no loss of the lease.</summary>
    public void Ends() => _ends = true;

    /// <summary>Ends the renewals.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _heartbeat.ConfigureAwait(false);
        _timer.Dispose();
        _stop.Dispose();
        _body.Dispose();
    }

    private async Task RenewAsync()
    {
        try
        {
            while (await _timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                if (await TryRenewAsync().ConfigureAwait(false))
                    continue;
                IsLost = true;
                Log.StepLeaseLost(_services.Logger, _call.Name, _call.Key, _call.SessionId, Fence);
                // What the body has registered with its token may throw, which is not the step's own failure.
                await _body.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The attempt has ended.
        }
    }

    /// <summary>False when the lease is lost, or may be.</summary>
    private async ValueTask<bool> TryRenewAsync()
    {
        var sentAt = _services.Time.GetTimestamp();
        var change = new StepRenewal
        {
            Key = _call.Key,
            Fence = Fence,
            Lease = _call.Options.Lease,
        };
        try
        {
            await _services.CommitStepAsync(_call, change, _stop.Token).ConfigureAwait(false);
            _renewedAt = sentAt;
            return true;
        }
        catch (ConflictException)
        {
            return _ends;
        }
        catch (Exception exception) when (exception is DossierException or ObjectDisposedException)
        {
            Log.StepNotRenewed(_services.Logger, _call.Name, _call.Key, _call.SessionId, _services.Masker.ApplyToError(exception.Message));
            return _services.Time.GetElapsedTime(_renewedAt) < _call.Options.Lease;
        }
    }
}
