using Dossier.Storage;

namespace Dossier;

/// <summary>One call of a step, from the look whether its result is kept to the result.</summary>
/// <param name="log">The session's steps.</param>
/// <param name="call">What is asked for.</param>
/// <param name="codec">How the result is kept.</param>
/// <param name="body">What makes it.</param>
internal sealed class StepRun<T>(StepLog log, StepCall call, StepCodec<T> codec, Func<CancellationToken, Task<T>> body)
{
    // Other processes cannot wake this one; nearer to the end of a lease it looks sooner.
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_shortestPoll = TimeSpan.FromMilliseconds(1);

    private readonly StoreServices _services = log.Services;

    private IRecordStore Records => _services.Storage.Records;

    private StepOptions Options => call.Options;

    // The attempt that the call was about; 0 when it came to none.
    private long _attempt;

    public Task<StepResult<T>> RunAsync(CancellationToken cancellationToken) =>
        Spans.AreWanted || Measurements.WantSteps ? RunObservedAsync(cancellationToken) : RunUnobservedAsync(cancellationToken);

    private async Task<StepResult<T>> RunObservedAsync(CancellationToken cancellationToken)
    {
        var start = _services.Time.GetTimestamp();
        using var span = Spans.StartStep(call);
        try
        {
            var result = await RunUnobservedAsync(cancellationToken).ConfigureAwait(false);
            Ended(new(StepOutcome.Kept, result.IsReused, _attempt, Error: null));
            return result;
        }
        catch (Exception e)
        {
            var outcome =
                e is OperationCanceledException && cancellationToken.IsCancellationRequested ? StepOutcome.Cancelled
                : e is StepException { Kind: StepErrorKind.LeaseLost } lost && lost.Key == call.Key ? StepOutcome.Lost
                : StepOutcome.Failed;
            Ended(new(outcome, IsReused: false, _attempt, ErrorOf(e, new())));
            throw;
        }

        void Ended(in StepEnding ending)
        {
            Spans.End(span, ending);
            Measurements.Ended(call, ending, _services.Time.GetElapsedTime(start));
        }
    }

    private async Task<StepResult<T>> RunUnobservedAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task? ended = null;
        var goneFence = 0L;
        for (var attempts = 0; ; )
        {
            log.ThrowIfClosed();
            var kept = await Records
                .GetKeptStepAsync(call.SessionId, call.Key, withContent: !StepCodec<T>.IsArtifact, cancellationToken)
                .ConfigureAwait(false);
            IReadOnlyList<StepRead> changes = [];
            if (kept is not null)
            {
                changes = await ChangesAsync(kept, cancellationToken).ConfigureAwait(false);
                if (ended is not null)
                    StepSignal.Raise(Records, call.SessionId, call.Key); // nobody is left to do that
                if (changes.Count == 0 || !Options.RerunWhenReadsChange)
                {
                    try
                    {
                        return await ReuseAsync(kept, changes, cancellationToken).ConfigureAwait(false);
                    }
                    catch (NotFoundException) when (kept.Fence != goneFence)
                    {
                        goneFence = kept.Fence; // purged since the step was read
                        continue;
                    }
                }
            }
            var step = await Records.GetStepAsync(call.SessionId, call.Key, cancellationToken).ConfigureAwait(false);
            if (step is { Status: StepStatus.Kept, HasResult: true } && step.Fence != kept?.Fence)
                continue; // kept since
            if (step is not null && IsUnderWay(step))
            {
                if (Options.FailWhenBusy)
                    throw Busy(step);
                // The first time round, the attempt may have ended since the step was read.
                if (ended is not null)
                    await WaitAsync(ended, step.LeaseExpiresAt!.Value, cancellationToken).ConfigureAwait(false);
                ended = StepSignal.NextAsync(Records, call.SessionId, call.Key);
                continue;
            }
            if (await TryBeginAsync(step, changes, cancellationToken).ConfigureAwait(false) is not { } lease)
                continue;
            attempts++;
            try
            {
                return await RunBodyAsync(lease, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (attempts < Options.MaxAttempts && IsWorthAnother(e, cancellationToken))
            {
                Log.StepTriedAgain(
                    _services.Logger,
                    call.Name,
                    call.Key,
                    call.SessionId,
                    attempts,
                    Options.MaxAttempts,
                    Options.RetryDelay
                );
            }
            await Task.Delay(Options.RetryDelay, _services.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool IsUnderWay(StepRecord step)
    {
        var now = _services.Time.GetUtcNow();
        return step.Status is StepStatus.Running && step.LeaseExpiresAt > now && !IsAbandoned(step);
    }

    /// <summary>Whether it was running in a process of this machine that has ended.</summary>
    private static bool IsAbandoned(StepRecord step)
    {
        var attempt = step.Attempts[^1];
        return step.Status is StepStatus.Running && ProcessOwner.HasEnded(attempt.Owner, attempt.StartedAt, now: attempt.StartedAt);
    }

    private async ValueTask WaitAsync(Task ended, DateTimeOffset leaseExpiresAt, CancellationToken cancellationToken)
    {
        var left = leaseExpiresAt - _services.Time.GetUtcNow();
        var pause =
            left < s_shortestPoll ? s_shortestPoll
            : left < s_pollInterval ? left
            : s_pollInterval;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(ended, Task.Delay(pause, _services.Time, stop.Token)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>What the body read for the kept result and is not the same any more.</summary>
    private async ValueTask<IReadOnlyList<StepRead>> ChangesAsync(KeptStep kept, CancellationToken cancellationToken)
    {
        List<StepRead>? changes = null;
        foreach (var read in kept.Reads)
        {
            var latest = await Records.FindArtifactAsync(read.SessionId, read.Name, null, cancellationToken).ConfigureAwait(false);
            if (latest?.Digest != read.Digest)
                (changes ??= []).Add(read);
        }
        return changes ?? (IReadOnlyList<StepRead>)[];
    }

    private async ValueTask<StepResult<T>> ReuseAsync(KeptStep kept, IReadOnlyList<StepRead> changes, CancellationToken cancellationToken)
    {
        if (!string.Equals(kept.ResultType, StepCodec<T>.TypeName, StringComparison.Ordinal))
            throw OfOtherType(kept, $"{StepCodec<T>.TypeName} is asked for");
        T value;
        try
        {
            value = await codec.ReadAsync(log.Artifacts, _services.Storage, call, kept, cancellationToken).ConfigureAwait(false);
        }
        catch (DossierException e) when (e is not StorageException and not NotFoundException)
        {
            throw OfOtherType(kept, e.Message, e);
        }
        foreach (var read in changes)
            Log.StepReadChanged(_services.Logger, call.Name, call.Key, call.SessionId, read.Name, read.Version);
        // What a step around this one is kept by depends on the same.
        foreach (var read in kept.Reads)
            StepScope.NoteRead(read);
        _attempt = kept.Fence;
        log.CountReused();
        StepOrigins.Note(_services.Storage, call, value);
        return new(value, call.Key, IsReused: true, changes);
    }

    /// <summary>Takes the step; null when somebody else was quicker.</summary>
    private async ValueTask<StepLease?> TryBeginAsync(
        StepRecord? step,
        IReadOnlyList<StepRead> changes,
        CancellationToken cancellationToken
    )
    {
        var reason = step?.Status switch
        {
            null => StepReason.First,
            StepStatus.Running => StepReason.Lost,
            StepStatus.Failed => StepReason.Failed,
            StepStatus.Cancelled => StepReason.Cancelled,
            _ => changes.Count > 0 ? StepReason.ReadsChanged : StepReason.ResultGone,
        };
        var begin = new StepBegin
        {
            Key = call.Key,
            Fence = (step?.Fence ?? 0) + 1,
            Owner = ProcessOwner.Current,
            Reason = reason,
            Lease = Options.Lease,
            SupersedesEnded = step is not null && IsAbandoned(step),
            Step = new()
            {
                Key = call.Key,
                Name = call.Name,
                Version = call.Version,
                ParentKey = call.ParentKey,
                Inputs = call.Inputs,
                ResultType = StepCodec<T>.TypeName,
                Redactions = call.Redactions,
                CreatedAt = _services.Time.GetRecordTime(),
            },
        };
        var contents = new CommitContents(_services.Storage);
        foreach (var value in call.Values)
            await contents.AddOwnAsync(value, cancellationToken).ConfigureAwait(false);
        var begunAt = _services.Time.GetTimestamp();
        try
        {
            await _services.CommitStepAsync(call, begin, contents, cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException e) when (e.Guard is CommitGuards.Fence)
        {
            return null;
        }
        catch (ConflictException e) when (e.Guard is CommitGuards.Lease)
        {
            // The store's clock is behind this one.
            await Task.Delay(s_pollInterval, _services.Time, cancellationToken).ConfigureAwait(false);
            return null;
        }
        _attempt = begin.Fence;
        Log.Redacted(_services.Logger, call.SessionId, $"step '{call.Name}'", call.Redactions);
        if (reason is not StepReason.First)
            Log.StepRerun(_services.Logger, call.Name, call.Key, call.SessionId, begin.Fence, reason);
        log.CountRun();
        return new(_services, call, begin.Fence, begunAt, cancellationToken);
    }

    private async Task<StepResult<T>> RunBodyAsync(StepLease lease, CancellationToken cancellationToken)
    {
        await using (lease.ConfigureAwait(false))
        {
            try
            {
                var value = await InScopeAsync(lease).ConfigureAwait(false);
                StepOrigins.Note(_services.Storage, call, value);
                return new(value, call.Key, IsReused: false, []);
            }
            catch (ConflictException e) when (e.Guard is CommitGuards.Fence or CommitGuards.Lease)
            {
                throw LeaseLost(lease, e);
            }
            catch (OperationCanceledException e) when (lease.IsLost && !cancellationToken.IsCancellationRequested)
            {
                throw LeaseLost(lease, e);
            }
            catch (Exception e)
            {
                var isCancelled = e is OperationCanceledException && cancellationToken.IsCancellationRequested;
                await EndBadlyAsync(lease, e, isCancelled ? StepOutcome.Cancelled : StepOutcome.Failed).ConfigureAwait(false);
                throw;
            }
            finally
            {
                StepSignal.Raise(Records, call.SessionId, call.Key);
            }
        }
    }

    /// <summary>Asynchronous, so that the step that is current within is not so any more when it returns.</summary>
    private async Task<T> InScopeAsync(StepLease lease)
    {
        var scope = new StepScope(StepScope.Current, _services.Storage, call, lease.Fence);
        scope.Enter();
        var value = await body(lease.BodyToken).ConfigureAwait(false);
        // What is there has been paid for: it is kept even when its caller no longer waits for it.
        if (StepCodec<T>.IsArtifact)
            return await KeepArtifactAsync(scope, lease, value).ConfigureAwait(false);
        try
        {
            var (draft, kept) = codec.Encode(log.Artifacts, call.ArtifactName, Options.ContentType, value);
            var isWritten = false;
            await log.StoreAsync(draft with { Amend = Amend }, CancellationToken.None).ConfigureAwait(false);
            return isWritten
                ? kept
                : throw new DossierException("StoreArtifactCoreAsync is overridden, and did not hand the draft to the base.");

            SessionCommit Amend(SessionCommit commit)
            {
                isWritten = true;
                lease.Ends();
                return commit with { Steps = [Kept(scope, commit.Artifacts[0], isNew: true)] };
            }
        }
        catch (DossierException e) when (e is not ConflictException and not StorageException)
        {
            throw NotKept(e);
        }
    }

    private async ValueTask<T> KeepArtifactAsync(StepScope scope, StepLease lease, T value)
    {
        if (value is not Artifact artifact)
            throw NotKept(new DossierException("It is null, where an artifact was expected."));
        if (!string.Equals(artifact.SessionId, call.SessionId, StringComparison.Ordinal))
            throw NotKept(new DossierException($"It is an artifact of session '{artifact.SessionId}'. Store it in this one."));
        lease.Ends();
        await _services.CommitStepAsync(call, Kept(scope, artifact.Record, isNew: false), CancellationToken.None).ConfigureAwait(false);
        return value;
    }

    /// <param name="isNew">Whether the result is about to be stored, so that its name is one that the step writes.</param>
    private StepEnd Kept(StepScope scope, ArtifactRecord result, bool isNew) =>
        new()
        {
            Key = call.Key,
            Fence = scope.Fence,
            Outcome = StepOutcome.Kept,
            ResultArtifact = result.Id,
            ResultDigest = result.Digest,
            Reads = [.. scope.Reads.Where(read => !isNew || read.SessionId != call.SessionId || read.Name != result.Name)],
        };

    /// <summary>Never throws: the caller is about to be told the failure itself.</summary>
    private async ValueTask EndBadlyAsync(StepLease lease, Exception exception, StepOutcome outcome)
    {
        lease.Ends();
        var redactions = new RedactionTally();
        var error = ErrorOf(exception, redactions);
        var end = new StepEnd
        {
            Key = call.Key,
            Fence = lease.Fence,
            Outcome = outcome,
            Error = error,
            Redactions = redactions.Redactions,
        };
        Log.Redacted(_services.Logger, call.SessionId, $"the error of step '{call.Name}'", end.Redactions);
        if (outcome is StepOutcome.Failed)
            Log.StepFailed(_services.Logger, call.Name, call.Key, call.SessionId, lease.Fence, error.Message);
        try
        {
            await _services.CommitStepAsync(call, end, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DossierException or ObjectDisposedException)
        {
            Log.StepEndNotRecorded(
                _services.Logger,
                call.Name,
                call.Key,
                call.SessionId,
                outcome,
                _services.Masker.ApplyToError(e.Message)
            );
        }
    }

    private ResponseError ErrorOf(Exception exception, RedactionTally redactions)
    {
        if (exception is ProviderException { Redactions: { } earlier })
            redactions.Add(earlier);
        var error = ResponseError.From(exception, _services.Classify(exception)).Masked(_services.Masker, redactions).As(_services.Capture);
        return exception is ProviderException ? error : error.OfOwnCode();
    }

    private bool IsWorthAnother(Exception exception, CancellationToken cancellationToken) =>
        exception is not StepException { Key: var key } || key != call.Key
            ? !cancellationToken.IsCancellationRequested && (Options.ShouldRetry?.Invoke(exception) ?? true)
            : false;

    private StepException Busy(StepRecord step) =>
        new(
            StepErrorKind.Busy,
            call.Name,
            call.Key,
            $"Step '{call.Name}' of session '{call.SessionId}' is being run by {step.Attempts[^1].Owner}, which has it until {step.LeaseExpiresAt!.Value.Text()} unless it renews its lease. Call again later, or leave StepOptions.FailWhenBusy out to wait for its result."
        );

    private StepException LeaseLost(StepLease lease, Exception inner) =>
        new(
            StepErrorKind.LeaseLost,
            call.Name,
            call.Key,
            $"Attempt {lease.Fence} of step '{call.Name}' of session '{call.SessionId}' did not renew its lease of {Options.Lease} in time, and its result was not kept; what was stored and called in it stays. Call the step again for the result that is kept, and set a longer StepOptions.Lease if the process was only busy.",
            inner
        );

    private StepException NotKept(DossierException inner) =>
        new(
            StepErrorKind.ResultNotKept,
            call.Name,
            call.Key,
            _services.Masker.ApplyToError(
                $"The body of step '{call.Name}' of session '{call.SessionId}' ran, but its result was not kept. {inner.Message} Return text, bytes, an artifact, or an object of plain properties."
            ),
            inner
        );

    private StepException OfOtherType(KeptStep kept, string difference, Exception? inner = null) =>
        new(
            StepErrorKind.ResultType,
            call.Name,
            call.Key,
            $"Step '{call.Name}' of session '{call.SessionId}' has kept a result of the type {kept.ResultType}. {difference}. Give StepOptions.Version a new value, or the step another name.",
            inner
        );
}

/// <summary>How a call of a step ended, as telemetry has it.</summary>
/// <param name="Outcome">How.</param>
/// <param name="IsReused">Whether the result was kept already.</param>
/// <param name="Attempt">The number of the latest attempt that the call was about; 0 when it came to none.</param>
/// <param name="Error">What went wrong; secrets are masked.</param>
internal readonly record struct StepEnding(StepOutcome Outcome, bool IsReused, long Attempt, ResponseError? Error);
