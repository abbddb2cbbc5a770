using System.Diagnostics.CodeAnalysis;
using Dossier.Storage;

namespace Dossier;

/// <summary>What a call was let through with. Used by one call.</summary>
/// <param name="need">What the call may take.</param>
/// <param name="hold">What is to be set aside for it, with the commit of its intent.</param>
/// <param name="outputCap">The output that it may have where that is less than it might have had; null when nothing was narrowed.</param>
/// <param name="turn">The place at the head of those who wait for room, kept until the hold is taken; null without one.</param>
internal sealed class Admission(CallNeed need, BudgetHold hold, int? outputCap, SemaphoreSlim? turn)
{
    private SemaphoreSlim? _turn = turn;

    public CallNeed Need { get; } = need;

    public BudgetHold Hold { get; } = hold;

    public int? OutputCap { get; } = outputCap;

    /// <summary>Whether the hold was committed.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Lets the next one look for room, once.</summary>
    public void Leave() => Interlocked.Exchange(ref _turn, null)?.Release();
}

/// <summary>
/// Lets calls through for which the budget has room. A call takes what it needs at the most; where less is left, its output is capped to that.
/// While calls are under way that may give back what they hold, it waits for them rather than being cut short. Safe to use from several threads.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore holds nothing unless its wait handle is asked for, which is never.")]
internal sealed class BudgetGate(StoreServices services, string sessionId)
{
    // Other processes cannot wake this one.
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMilliseconds(250);

    // A call that waits for another one whose caller waits for it would wait for ever.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(10);

    // Whoever waits comes first: without it, small calls could pass a large one for ever.
    private readonly SemaphoreSlim _turn = new(1);

    private IRecordStore Records => services.Storage.Records;

    /// <summary>Waits until a call fits. The hold is the caller's to commit; when the store refuses it, somebody was faster, and the caller asks again.</summary>
    /// <param name="need">What the call may take.</param>
    /// <param name="limitsOf">The limits in force, given what the store says of the session; null when there are none.</param>
    /// <param name="responseId">The response that the call belongs to.</param>
    /// <param name="isRepeated">Whether somebody was faster before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What the call may go with; null when there is no limit any more.</returns>
    /// <exception cref="BudgetExceededException">It does not fit, and nothing that could change that is under way.</exception>
    public async ValueTask<Admission?> AdmitAsync(
        CallNeed need,
        Func<BudgetLedger, Budget?> limitsOf,
        string responseId,
        bool isRepeated,
        CancellationToken cancellationToken
    )
    {
        if (!isRepeated && _turn.CurrentCount > 0)
        {
            var ledger = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (limitsOf(ledger) is not { } limits)
                return null;
            if (need.Fit(limits, ledger.Settled + ledger.Held, out _) == need.Wanted)
                return NewAdmission(need, need.Wanted, responseId, turn: null);
        }
        while (true)
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            Task? change = null;
            Admission? admission = null;
            try
            {
                (admission, change) = await WaitForRoomAsync(need, limitsOf, responseId, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (admission is null)
                    _turn.Release();
            }
            if (change is null)
                return admission;
            // Out of the turn, since others may need less.
            await WaitAsync(change, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>At the head of those who wait: an admission, nothing when there is no limit, or what to wait for because the budget is exhausted.</summary>
    private async ValueTask<(Admission? Admission, Task? Change)> WaitForRoomAsync(
        CallNeed need,
        Func<BudgetLedger, Budget?> limitsOf,
        string responseId,
        CancellationToken cancellationToken
    )
    {
        var since = services.Time.GetTimestamp();
        while (true)
        {
            var change = SettlementSignal.NextAsync(Records, sessionId);
            var ledger = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (limitsOf(ledger) is not { } limits)
                return default;
            var taken = ledger.Settled + ledger.Held;
            // The most that there can be room for, when the calls under way give everything back.
            if (need.Fit(limits, taken - UnderWay(ledger), out var narrowest) is not { } output)
                return limits.WhenExhausted is BudgetExhaustion.Wait && !IsOfOneCall(narrowest)
                    ? (null, change)
                    : throw Exceeded(need, narrowest!, limits, ledger);
            if (need.Fit(limits, taken, out narrowest) == output)
                return (NewAdmission(need, output, responseId, _turn), null);
            if (services.Time.GetElapsedTime(since) > s_longestWait && limits.WhenExhausted is not BudgetExhaustion.Wait)
                throw Exceeded(need, narrowest!, limits, ledger);
            await WaitAsync(change, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsOfOneCall(string? limit) => limit is nameof(Budget.MaxCostPerCall) or nameof(Budget.MaxTokensPerCall);

    private async ValueTask<BudgetLedger> ReadAsync(CancellationToken cancellationToken) =>
        await Records.GetBudgetAsync(sessionId, cancellationToken).ConfigureAwait(false)
        ?? throw await services.Storage.SessionGoneAsync(sessionId, cancellationToken).ConfigureAwait(false);

    private Admission NewAdmission(CallNeed need, long output, string responseId, SemaphoreSlim? turn)
    {
        var now = services.Time.GetRecordTime();
        var hold = new BudgetHold
        {
            Id = Identifiers.NewRecordId(now),
            Amount = need.With(output),
            TakenAt = now,
            Owner = ProcessOwner.Current,
            ResponseId = responseId,
            Model = services.Masker.Apply(need.Model.ToString()),
        };
        return new(need, hold, output == need.Wanted ? null : (int)Math.Min(output, int.MaxValue), turn);
    }

    private async Task WaitAsync(Task change, CancellationToken cancellationToken)
    {
        try
        {
            await change.WaitAsync(s_lookAgain, services.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Another process may have settled something.
        }
    }

    private BudgetAmount UnderWay(BudgetLedger ledger) => BudgetStatus.UnderWay(ledger, services.Time.GetUtcNow());

    private BudgetExceededException Exceeded(CallNeed need, string limit, Budget limits, BudgetLedger ledger)
    {
        var needed = need.Least;
        var taken = limit switch
        {
            nameof(Budget.MaxCost) => $"{BudgetAmount.Money(limits.MaxCost!.Value)}: {Taken(it => BudgetAmount.Money(it.Cost))}",
            nameof(Budget.MaxTokens) =>
                $"{BudgetAmount.Count(limits.MaxTokens!.Value, "token")}: {Taken(it => BudgetAmount.Count(it.Tokens, "token"))}",
            nameof(Budget.MaxCalls) =>
                $"{BudgetAmount.Count(limits.MaxCalls!.Value, "call")}: {Taken(it => BudgetAmount.Count(it.Calls, "call"))}",
            nameof(Budget.MaxCostPerCall) => BudgetAmount.Money(limits.MaxCostPerCall!.Value),
            _ => BudgetAmount.Count(limits.MaxTokensPerCall!.Value, "token"),
        };
        var abandoned = ledger.Held - UnderWay(ledger);
        var remedy = IsOfOneCall(limit)
            ? "Send less, or raise the limit."
            : "Raise it with Session.Budget.ChangeAsync."
                + (
                    abandoned.Calls > 0
                        ? $" {abandoned} are held by processes that have ended: see Session.Budget.GetStatusAsync, and resolve them with ReleaseAsync or ChargeAsync."
                        : ""
                );
        return new(
            limit,
            needed,
            ledger,
            services.Masker.ApplyToError(
                $"The budget of session '{sessionId}' has no room for a call of {need.Model}, which takes at least {needed}. {limit} is {taken}. {remedy}"
            )
        );

        string Taken(Func<BudgetAmount, string> text) => $"{text(ledger.Settled)} are settled, {text(ledger.Held)} held";
    }
}
