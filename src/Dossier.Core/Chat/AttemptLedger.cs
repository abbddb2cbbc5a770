using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dossier;

/// <summary>
/// The attempts of one response while it is under way. Whoever decides on another attempt says so beforehand; an attempt that nobody
/// announced is the first of a model call. Used by one call only, whose attempts follow one another.
/// </summary>
internal sealed class AttemptLedger(StoreServices services, ResponseLog responses)
{
    private readonly List<Attempt> _attempts = new(1);
    private (AttemptReason Reason, ResponseError? Cause) _next;
    private TimeSpan _wait;
    private int _modelCalls;
    private int _settled;
    private long _start;

    /// <summary>The attempts so far, as they are now.</summary>
    public Attempt[] Attempts => [.. _attempts];

    /// <summary>How many model calls there have been, with the one that is under way.</summary>
    public int ModelCalls => _modelCalls;

    public bool IsEmpty => _attempts.Count == 0;

    /// <summary>The attempt that is under way.</summary>
    public Attempt? Open => _attempts is [.., { Outcome: AttemptOutcome.InProgress } last] ? last : null;

    /// <summary>How long the attempt that is under way has taken so far.</summary>
    public TimeSpan Elapsed => services.Time.GetElapsedTime(_start);

    /// <summary>The span of the attempt that is under way; null when nobody listens.</summary>
    public Activity? Span { get; set; }

    /// <summary>What the budget holds for the attempts that follow; null when it holds nothing.</summary>
    public BudgetAmount? Held { get; set; }

    /// <summary>The attempts that have ended since this was last asked: what they took is to be settled now, before others begin.</summary>
    public ReadOnlySpan<Attempt> TakeUnsettled()
    {
        var unsettled = CollectionsMarshal.AsSpan(_attempts)[_settled..];
        _settled = _attempts.Count;
        return unsettled;
    }

    /// <summary>Says why the next attempt is made.</summary>
    public void Announce(AttemptReason reason, ResponseError cause) => _next = (reason, cause);

    /// <summary>Adds to the time by which the next attempt is put off.</summary>
    public void AddWait(TimeSpan wait) => _wait += wait;

    /// <summary>Adds the attempt that is about to leave.</summary>
    public void Begin(ModelReference model, string requestedModel, DateTimeOffset startedAt, CallOptions? options)
    {
        if (_next.Reason is AttemptReason.First)
            _modelCalls++;
        Add(model, requestedModel, startedAt, AttemptOutcome.InProgress, options);
        _start = services.Time.GetTimestamp();
    }

    /// <summary>Takes the attempt back that did not leave after all, because its beginning could not be recorded. What was announced stays so.</summary>
    public void TakeBack()
    {
        var attempt = _attempts[^1];
        _attempts.RemoveAt(_attempts.Count - 1);
        (_next, _wait) = ((attempt.Reason, attempt.Cause), attempt.Wait);
        if (attempt.Reason is AttemptReason.First)
            _modelCalls--;
    }

    /// <summary>Adds a model to which nothing was sent. What was announced stays so.</summary>
    public void Skip(ModelReference model, ResponseError error)
    {
        var announced = (_next, _wait);
        if (_next.Reason is AttemptReason.First)
            _modelCalls++;
        Add(model, services.Masker.ApplyOrNote(model.Model), services.Time.GetRecordTime(), AttemptOutcome.Skipped);
        _attempts[^1] = _attempts[^1] with { Error = error, Duration = TimeSpan.Zero };
        Tell(_attempts[^1], span: null);
        (_next, _wait) = announced;
    }

    /// <summary>Adds a model call that was answered from a record: nothing was sent, and nothing is paid.</summary>
    public void AddReplayed(ReplayedAnswer answer, DateTimeOffset startedAt, TimeSpan duration)
    {
        _modelCalls++;
        Add(new(answer.Provider, answer.RequestedModel), answer.RequestedModel, startedAt, AttemptOutcome.Succeeded);
        _attempts[^1] = _attempts[^1] with { Duration = duration, ServedModel = answer.Response.ModelId, ReplayedFrom = answer.Origin };
    }

    /// <summary>Ends the attempt that is under way.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="answer">What came back; empty when nothing did.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="duration">How long it took; null for the time since its beginning.</param>
    public void End(AttemptOutcome outcome, AttemptAnswer answer, ResponseError? error, TimeSpan? duration = null)
    {
        var attempt = _attempts[^1];
        _attempts[^1] = attempt with
        {
            Outcome = outcome,
            Duration = duration ?? Elapsed,
            Error = outcome is AttemptOutcome.Cancelled ? error?.OfCancellation() : error,
            ServedModel = answer.ServedModel,
            Usage = answer.Usage,
            TimeToFirstToken = answer.TimeToFirstToken,
            Cost = responses.CostOf(attempt.Provider, answer.ServedModel, attempt.RequestedModel, answer.Usage),
        };
        Tell(_attempts[^1], Span);
        Span = null;
    }

    /// <summary>Tells those who listen how an attempt ended.</summary>
    private void Tell(Attempt attempt, Activity? span)
    {
        if (span is null && !Measurements.WantAttempts)
            return;
        var shown = attempt.Masked(services.Masker);
        if (span is not null)
            Spans.End(span, shown, Held);
        Measurements.Ended(shown);
    }

    private void Add(
        ModelReference model,
        string requestedModel,
        DateTimeOffset startedAt,
        AttemptOutcome outcome,
        CallOptions? options = null
    )
    {
        _attempts.Add(
            new()
            {
                Number = _attempts.Count + 1,
                ModelCall = _modelCalls,
                Reason = _next.Reason,
                Cause = _next.Cause,
                Provider = model.Provider,
                RequestedModel = requestedModel,
                Wait = _wait,
                StartedAt = startedAt,
                Outcome = outcome,
                OutputCap = options?.OutputCap,
                UnsentOptions = options?.UnsentOptions ?? [],
            }
        );
        (_next, _wait) = (default, default);
    }
}

/// <summary>What an attempt brought back, as far as it goes into the ledger.</summary>
internal readonly record struct AttemptAnswer(string? ServedModel, TokenUsage? Usage, TimeSpan? TimeToFirstToken = null);
