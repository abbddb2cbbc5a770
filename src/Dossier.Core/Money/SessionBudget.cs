using System.Collections.Concurrent;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// What a session may spend and what it has spent. The limits and the ledger are in the store: all threads and processes that use the session
/// share them, and what is spent and set aside together never exceeds a limit by more than what a call took beyond its estimate.
/// Safe to use from several threads.
/// </summary>
public sealed class SessionBudget
{
    private readonly StoreServices _services;
    private readonly string _sessionId;
    private readonly DateTimeOffset _sessionCreatedAt;
    private readonly BudgetGate _gate;

    // What could not be written with the outcome of its call, each with the commit that it is tried with again.
    private readonly ConcurrentQueue<(Guid CommitId, BudgetSettlement Settlement)> _unsettled = new();
    private volatile Budget? _limits;
    private int _warned;

    internal SessionBudget(StoreServices services, SessionInfo session)
    {
        (_services, _limits) = (services, session.Budget);
        (_sessionId, _sessionCreatedAt) = (session.Id, session.CreatedAt);
        _gate = new(services, session.Id);
    }

    /// <summary>The limits, as this object last read or wrote them; null when there are none.</summary>
    public Budget? Limits => _limits;

    private IRecordStore Records => _services.Storage.Records;

    /// <summary>Reads what was spent, what is held, and what is left.</summary>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public async Task<BudgetStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        await SettleLeftoversAsync(cancellationToken).ConfigureAwait(false);
        var ledger = await ReadAsync(cancellationToken).ConfigureAwait(false);
        _limits = ledger.Limits;
        Measurements.Left(_sessionId, ledger);
        return BudgetStatus.Of(ledger, _services.Time.GetUtcNow());
    }

    /// <summary>Sets the limits anew, for everybody who uses the session; calls that wait look again. What was spent stays spent.</summary>
    /// <param name="limits">All limits; what is not set is not limited any more. Null for none.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    /// <exception cref="ArgumentException">A limit is out of its bounds.</exception>
    public async Task ChangeAsync(Budget? limits, CancellationToken cancellationToken = default)
    {
        limits?.ThrowIfInvalid(nameof(limits));
        await SessionOpening
            .UpdateAsync(_services, _sessionId, _sessionCreatedAt, info => info with { Budget = limits }, cancellationToken)
            .ConfigureAwait(false);
        _limits = limits;
        _warned = 0;
        SettlementSignal.Raise(Records, _sessionId);
    }

    /// <summary>
    /// Frees what is held for a call that is known to have spent nothing, as when its process ended before it was sent. Should the call
    /// still end, what it took is counted then.
    /// </summary>
    /// <param name="holdId">The hold, as <see cref="BudgetStatus.Holds"/> has it.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    /// <exception cref="ConflictException">The hold is not open: its call has ended, or it was resolved before.</exception>
    public Task ReleaseAsync(string holdId, CancellationToken cancellationToken = default) =>
        ResolveAsync(holdId, static _ => BudgetAmount.Nothing, cancellationToken);

    /// <summary>
    /// Charges what is held for a call whose outcome nobody knows as if it had taken all of it. Should the call still end, what it took
    /// is counted instead.
    /// </summary>
    /// <inheritdoc cref="ReleaseAsync"/>
    public Task ChargeAsync(string holdId, CancellationToken cancellationToken = default) =>
        ResolveAsync(holdId, static hold => hold.Amount, cancellationToken);

    /// <summary>Whether anything limits a call.</summary>
    internal bool Applies(ChatOptions? options) => _limits is { Limits: true } || BudgetChatOptions.Has(options);

    /// <summary>Waits until the budget has room for a call.</summary>
    /// <param name="responseId">The response that the call belongs to.</param>
    /// <param name="model">What is called.</param>
    /// <param name="messages">What is sent.</param>
    /// <param name="options">What it is sent with.</param>
    /// <param name="isRepeated">Whether the store refused the hold that this gave before.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <returns>What the call may go with; null when nothing is limited any more.</returns>
    internal async ValueTask<Admission?> AdmitAsync(
        string responseId,
        ModelReference model,
        IReadOnlyList<ChatMessage> messages,
        CallOptions options,
        bool isRepeated,
        CancellationToken cancellationToken
    )
    {
        await SettleLeftoversAsync(cancellationToken).ConfigureAwait(false);
        var input = CallEstimator.Count(_services, model, messages, options);
        var need = CallEstimator.NeedOf(_services, model, input, options);
        return await _gate.AdmitAsync(need.Call, LimitsOf, responseId, isRepeated, cancellationToken).ConfigureAwait(false);

        Budget? LimitsOf(BudgetLedger ledger)
        {
            _limits = ledger.Limits;
            Warn(ledger);
            var limits = BudgetChatOptions.Narrow(ledger.Limits, options.MaxCost, options.MaxTokens);
            return limits is { LimitsMoney: true, AllowUnpriced: not true } && !need.IsPriced ? throw Unpriced(need.Call, ledger) : limits;
        }
    }

    /// <summary>Settles apart from the outcome of a response, which is not near yet.</summary>
    internal async ValueTask SettleAsync(BudgetSettlement settlement)
    {
        NotSettled(settlement);
        try
        {
            await SettleLeftoversAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (DossierException exception)
        {
            // The call has its answer. It stays held, and is settled with the next one.
            Log.NotSettled(_services.Logger, _sessionId, settlement.HoldId, _services.Masker.ApplyToError(exception.Message));
        }
    }

    /// <summary>Settles what could not be settled before, and says what is left. To be called when the session closes; throws nothing.</summary>
    internal async ValueTask CloseAsync()
    {
        try
        {
            await SettleLeftoversAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            var message = _services.Masker.ApplyToError(exception.Message);
            foreach (var (_, left) in _unsettled)
                Log.LeftUnsettled(_services.Logger, _sessionId, left.HoldId, left.Amount.ToString(), message);
        }
    }

    /// <summary>To be called when a settlement was committed, or could not be committed, with the outcome of its call.</summary>
    internal ValueTask AfterSettlementAsync(BudgetSettlement settlement, bool isCommitted)
    {
        if (isCommitted)
            return AfterSettlementAsync();
        NotSettled(settlement);
        return default;
    }

    private async ValueTask AfterSettlementAsync()
    {
        SettlementSignal.Raise(Records, _sessionId);
        if (_limits is null || (Volatile.Read(ref _warned) != 0 && !Measurements.WantBudgets))
            return;
        try
        {
            var ledger = await ReadAsync(CancellationToken.None).ConfigureAwait(false);
            Warn(ledger);
            Measurements.Left(_sessionId, ledger);
        }
        catch (DossierException)
        {
            // The next call reads it again.
        }
    }

    private void NotSettled(BudgetSettlement settlement) =>
        _unsettled.Enqueue((Identifiers.NewGuid(_services.Time.GetUtcNow()), settlement));

    private async ValueTask SettleLeftoversAsync(CancellationToken cancellationToken)
    {
        while (_unsettled.TryDequeue(out var leftover))
        {
            var commit = new SessionCommit
            {
                CommitId = leftover.CommitId,
                SessionId = _sessionId,
                SessionCreatedAt = _sessionCreatedAt,
                At = _services.Time.GetRecordTime(),
                Settlements = [leftover.Settlement],
            };
            try
            {
                await Records.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                _unsettled.Enqueue(leftover);
                throw;
            }
            await AfterSettlementAsync().ConfigureAwait(false);
        }
    }

    private async Task ResolveAsync(string holdId, Func<BudgetHold, BudgetAmount> charge, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(holdId);
        var ledger = await ReadAsync(cancellationToken).ConfigureAwait(false);
        var hold =
            ledger.Holds.FirstOrDefault(hold => hold.Charged is null && string.Equals(hold.Id, holdId, StringComparison.Ordinal))
            ?? throw new ConflictException(
                "budget.hold",
                "open",
                null,
                $"Session '{_sessionId}' has no open hold '{holdId}': its call has ended, or it was resolved before. GetStatusAsync lists those that are open."
            );
        var now = _services.Time.GetRecordTime();
        var commit = new SessionCommit
        {
            CommitId = Identifiers.NewGuid(now),
            SessionId = _sessionId,
            SessionCreatedAt = _sessionCreatedAt,
            At = now,
            Settlements =
            [
                new()
                {
                    HoldId = holdId,
                    Amount = charge(hold),
                    IsResolution = true,
                },
            ],
        };
        await Records.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        await AfterSettlementAsync().ConfigureAwait(false);
    }

    private async ValueTask<BudgetLedger> ReadAsync(CancellationToken cancellationToken) =>
        await Records.GetBudgetAsync(_sessionId, cancellationToken).ConfigureAwait(false)
        ?? throw await _services.Storage.SessionGoneAsync(_sessionId, cancellationToken).ConfigureAwait(false);

    /// <summary>Once for each set of limits.</summary>
    private void Warn(BudgetLedger ledger)
    {
        if (BudgetStatus.WarningOf(ledger) is { } warning && Interlocked.Exchange(ref _warned, 1) == 0)
            Log.BudgetWarning(
                _services.Logger,
                _sessionId,
                warning.Limit,
                warning.Share,
                ledger.Limits!.ToString(),
                ledger.Settled.ToString()
            );
    }

    private BudgetExceededException Unpriced(CallNeed need, BudgetLedger ledger) =>
        new(
            nameof(Budget.AllowUnpriced),
            need.Least,
            ledger,
            _services.Masker.ApplyToError(
                $"Nothing is known of what {need.Model} costs in USD, and the budget of session '{_sessionId}' is in money. "
                    + $"Say what it costs {_services.Remedy.ModelFacts(need.Model.ToString())}, limit tokens instead, or set Budget.AllowUnpriced."
            )
        );
}
