using Dossier.Storage;

namespace Dossier;

/// <summary>Commits that change a step and nothing else.</summary>
internal static class StepCommits
{
    public static ValueTask<CommitResult> CommitStepAsync(
        this StoreServices services,
        StepCall call,
        StepChange change,
        CancellationToken cancellationToken
    ) => services.CommitStepAsync(call, change, new(services.Storage), cancellationToken);

    public static ValueTask<CommitResult> CommitStepAsync(
        this StoreServices services,
        StepCall call,
        StepChange change,
        CommitContents contents,
        CancellationToken cancellationToken
    )
    {
        var now = services.Time.GetRecordTime();
        var commit = new SessionCommit
        {
            CommitId = Identifiers.NewGuid(now),
            SessionId = call.SessionId,
            SessionCreatedAt = call.SessionCreatedAt,
            At = now,
            Contents = contents.Entries,
            Steps = [change],
        };
        return contents.CommitAsync(commit, cancellationToken);
    }
}
