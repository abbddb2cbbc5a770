using System.Globalization;

namespace Dossier.Storage;

/// <summary>What the stores of Dossier refuse a commit with, worded once.</summary>
internal static class CommitGuards
{
    public const string Revision = "session.revision";
    public const string SessionCreatedAt = "session.created_at";
    public const string SessionId = "session.id";
    public const string SessionOwner = "session.owner";
    public const string SessionErased = "session.erased";
    public const string SessionTrashed = "session.trashed";
    public const string ArtifactId = "artifact.id";
    public const string ArtifactPinned = "artifact.pinned";
    public const string ArtifactTrashed = "artifact.trashed";
    public const string ResponseInProgress = "response.in_progress";
    public const string Content = "content.exists";
    public const string ContentOwner = "content.owner";
    public const string ConversationHead = "conversation.head";
    public const string Fence = "step.fence";
    public const string Lease = "step.lease";

    /// <summary>Checks a commit against its session as it is.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="revision">The session's revision; 0 when there is none.</param>
    /// <param name="createdAt">When the session was created; null when there is none.</param>
    /// <param name="isTrashed">Whether the session is in the trash.</param>
    /// <param name="source">What the next one reads from.</param>
    /// <param name="outcomeOf">How a response of the session has ended, by its id; null when there is none.</param>
    public static void Check<T>(
        SessionCommit commit,
        long revision,
        DateTimeOffset? createdAt,
        bool isTrashed,
        T source,
        Func<T, string, ResponseOutcome?> outcomeOf
    )
    {
        if (revision == 0 && commit.Session is null)
            throw NoSession(commit);
        if (commit.SessionCreatedAt is { } meant && meant != createdAt)
            throw AnotherSession(commit.SessionId, meant, createdAt);
        if (commit.ExpectedRevision is { } expected && expected != revision)
            throw new ConflictException(
                Revision,
                expected.ToString(CultureInfo.InvariantCulture),
                revision == 0 ? null : revision.ToString(CultureInfo.InvariantCulture),
                expected == 0
                    ? $"The session '{commit.SessionId}' exists already, at revision {revision}. Open it, or use another id."
                    : $"The session '{commit.SessionId}' is at revision {revision}, not {expected}. Read it again and repeat the change."
            );
        if (commit.Copied is not null && revision != 0)
            throw new ConflictException(
                Revision,
                "0",
                revision.ToString(CultureInfo.InvariantCulture),
                $"The session '{commit.SessionId}' exists already, at revision {revision}, and only a new one can begin with records of another. Use another id."
            );
        if (isTrashed && commit.Session is not { TrashedAt: null } && !OnlyEndsCalls(commit, source, outcomeOf))
            throw new ConflictException(
                SessionTrashed,
                "not in the trash",
                "in the trash",
                $"The session '{commit.SessionId}' is in the trash, and nothing is written to it. Restore it with SessionStore.RestoreSessionAsync."
            );
        CheckInterruption(commit, source, outcomeOf);
    }

    /// <summary>Whether a refused commit would be refused again as it is, so that what was put for it can go: nobody repeats it.</summary>
    public static bool IsForGood(Exception refusal) =>
        refusal
            is NotFoundException
                or ConflictException
                {
                    Guard: SessionErased or SessionCreatedAt or SessionTrashed or Revision or ArtifactId or Fence or Lease
                };

    public static NotFoundException NoSession(SessionCommit commit) =>
        new(
            commit.SessionCreatedAt is null
                ? $"The session '{commit.SessionId}' does not exist. Create it with a commit that carries its record."
                : $"The session '{commit.SessionId}' is no longer there: it was purged or erased. Nothing was written; open a new one with SessionStore.OpenAsync."
        );

    public static ConflictException Erased(SessionErasure erasure) =>
        new(
            SessionErased,
            null,
            erasure.ErasedAt.Text(),
            $"The session '{erasure.SessionId}' {erasure.Text}, and nothing is written under its id again. Use another id."
        );

    public static StorageException ErasureIncomplete(string location, long unreadable) =>
        new(
            $"The records were erased from {location}, but {unreadable} messages or records of other sessions cannot be read, so that nobody knows what they name, and no content was deleted. Verify the store, restore what is damaged or erase its session, and erase again."
        );

    public static NotFoundException NothingToErase(ErasureTarget target, string location) =>
        new($"There is no session '{target.SessionId}' in {location} that could be erased.");

    /// <summary>Says nothing of who has it.</summary>
    public static ConflictException SessionIdTaken(string id) =>
        new(SessionId, null, null, $"The id '{id}' cannot be had for a session. Use another one.");

    public static ConflictException AnotherOwner(SessionCommit commit, string owner) =>
        new(
            SessionOwner,
            owner,
            commit.Session!.Owner,
            $"The session '{commit.SessionId}' cannot be one of '{commit.Session.Owner}' in a store that is limited to the owner '{owner}'. Nothing was written; leave its owner out."
        );

    public static ConflictException ContentNotOwned(SessionCommit commit, ContentDigest digest) =>
        new(
            ContentOwner,
            null,
            digest.ToString(),
            $"A record for session '{commit.SessionId}' names content {digest}, which the owner of the session has not stored. Nothing was written; bring the bytes with the commit."
        );

    /// <summary>Whether the session that records were copied from is still the one that is meant.</summary>
    /// <exception cref="ConflictException">It was purged.</exception>
    public static void CheckSource(SessionCopy? copy, DateTimeOffset? createdAt)
    {
        if (copy?.Source is { } source && source.CreatedAt != createdAt)
            throw AnotherSession(source.Id, source.CreatedAt, createdAt);
    }

    public static ConflictException AnotherSession(string id, DateTimeOffset meant, DateTimeOffset? actual) =>
        new(
            SessionCreatedAt,
            meant.Text(),
            actual?.Text(),
            $"The session '{id}' that was created on {meant.Text()} was purged, and its id {(actual is { } other ? $"belongs to another one since {other.Text()}" : "is free again")}. Nothing was written; open the session again to write to the one that has its id now."
        );

    public static ConflictException IdTaken(SessionCommit commit, string artifactId) =>
        new(
            ArtifactId,
            null,
            artifactId,
            $"The session '{commit.SessionId}' already has an artifact with the id '{artifactId}'. Artifacts are immutable; use a new id."
        );

    public static NotFoundException NoArtifact(SessionCommit commit, string artifactId) =>
        new($"Session '{commit.SessionId}' has no artifact with the id '{artifactId}'; list what it has with ListArtifactsAsync.");

    public static ConflictException HeadMoved(string conversation, MessageId? expected, MessageId? actual) =>
        new(
            ConversationHead,
            expected?.ToString(),
            actual?.ToString(),
            $"The head of conversation '{conversation}' is {(actual is { } id ? $"message {id}" : "none")}, not {(expected is { } was ? $"message {was}" : "none")} any more: somebody else moved it. Look at what they did, and move it again if it is still to be moved."
        );

    public static NotFoundException NoMessage(SessionCommit commit, string conversation, MessageId message) =>
        new(
            $"Conversation '{conversation}' of session '{commit.SessionId}' has no message '{message}'; read what it has with Conversation.ReadAsync."
        );

    public static StorageException TooDeep(SessionCommit commit, string conversation) =>
        new(
            $"Conversation '{conversation}' of session '{commit.SessionId}' has {MessageId.MaxDepth} messages on one branch, as many as there can be. Go on in another conversation."
        );

    public static ConflictException Pinned(SessionCommit commit, string artifactId) =>
        new(
            ArtifactPinned,
            null,
            artifactId,
            $"Artifact '{artifactId}' of session '{commit.SessionId}' is pinned and cannot be deleted. Unpin it first with UnpinArtifactAsync."
        );

    public static ConflictException Trashed(SessionCommit commit, string artifactId) =>
        new(
            ArtifactTrashed,
            null,
            artifactId,
            $"Artifact '{artifactId}' of session '{commit.SessionId}' is in the trash and cannot be pinned. Restore it first with RestoreArtifactAsync."
        );

    /// <summary>Whether a response, as it is, keeps a commit from saying that it was interrupted.</summary>
    /// <exception cref="ConflictException">It has ended.</exception>
    private static void CheckInterruption<T>(SessionCommit commit, T source, Func<T, string, ResponseOutcome?> outcomeOf)
    {
        for (var i = 0; i < commit.Responses.Count; i++)
        {
            var response = commit.Responses[i];
            if (
                response.Outcome is not ResponseOutcome.Interrupted
                || outcomeOf(source, response.Id) is not { } outcome
                || outcome is ResponseOutcome.InProgress or ResponseOutcome.Interrupted
            )
                continue;
            throw new ConflictException(
                ResponseInProgress,
                nameof(ResponseOutcome.InProgress),
                outcome.ToString(),
                $"Response '{response.Id}' of session '{commit.SessionId}' has ended ({outcome}) and was not interrupted. Read it again."
            );
        }
    }

    public static ConflictException ContentGone(ContentDigest digest) =>
        new(
            Content,
            digest.ToString(),
            null,
            $"Content {digest} was deleted before the commit that names it, by a purge or for another commit that was refused. Write it to the content store again and repeat the commit."
        );

    public static ConflictException StepFence(SessionCommit commit, StepChange change, long latest) =>
        new(
            Fence,
            (change is StepBegin ? change.Fence - 1 : change.Fence).ToString(CultureInfo.InvariantCulture),
            latest == 0 ? null : latest.ToString(CultureInfo.InvariantCulture),
            $"Attempt {change.Fence} of step {change.Key} of session '{commit.SessionId}' cannot {(change is StepBegin ? "begin" : "go on")}: the latest is {latest}. Read the step again with Steps.FindAsync."
        );

    public static ConflictException StepLeased(SessionCommit commit, StepRecord step) =>
        new(
            Lease,
            "free or expired",
            step.LeaseExpiresAt!.Value.Text(),
            $"Step '{step.Name}' of session '{commit.SessionId}' is being run by {step.Attempts[^1].Owner}, which has it until {step.LeaseExpiresAt.Value.Text()}. Wait for its result."
        );

    public static ConflictException StepExpired(SessionCommit commit, StepRecord step, DateTimeOffset now) =>
        new(
            Lease,
            $"later than {now.Text()}",
            step.LeaseExpiresAt!.Value.Text(),
            $"The lease of attempt {step.Fence} of step '{step.Name}' of session '{commit.SessionId}' expired at {step.LeaseExpiresAt.Value.Text()}; what it did was not kept as the step's result. Run the step again, and give it a longer StepOptions.Lease if its process was only busy."
        );

    /// <summary>A call that was under way when its session was deleted may have been billed: how it ended, and what it cost, is kept.</summary>
    private static bool OnlyEndsCalls<T>(SessionCommit commit, T source, Func<T, string, ResponseOutcome?> outcomeOf) =>
        commit.Session is null
        && commit.Artifacts.Count + commit.ArtifactChanges.Count + commit.Holds.Count + commit.Steps.Count == 0
        && (commit.Responses.Count > 0 || (commit.Settlements.Count > 0 && commit.Conversations.Count == 0))
        && commit.Responses.All(response =>
            response.Outcome is not ResponseOutcome.InProgress && outcomeOf(source, response.Id) is not null
        );
}
