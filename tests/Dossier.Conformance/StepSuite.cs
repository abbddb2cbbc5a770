using System.Text;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Steps as the tests of them begin and end them.</summary>
public abstract class StepSuite<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    protected static readonly TimeSpan LongLease = TimeSpan.FromHours(1);

    protected static ContentDigest Digest(string text) => ContentDigest.Of(Encoding.UTF8.GetBytes(text));

    protected static StepRecord NewStep(string name, string? input = null) =>
        new()
        {
            Key = Digest($"{name} {input}"),
            Name = name,
            ResultType = "System.String",
            CreatedAt = Time,
        };

    protected static StepRead Read(string name) =>
        new()
        {
            SessionId = SessionId,
            Name = name,
            Version = 2,
            Digest = Digest(name),
        };

    protected static StepBegin Begin(
        StepRecord step,
        long fence = 1,
        TimeSpan? lease = null,
        string owner = "here/1/2",
        StepReason reason = StepReason.First
    ) =>
        new()
        {
            Key = step.Key,
            Fence = fence,
            Step = step,
            Owner = owner,
            Reason = reason,
            Lease = lease ?? LongLease,
        };

    protected static StepRenewal Renew(StepRecord step, TimeSpan? lease = null) =>
        new()
        {
            Key = step.Key,
            Fence = 1,
            Lease = lease ?? LongLease,
        };

    protected static StepEnd Kept(StepRecord step, ArtifactRecord result) =>
        new()
        {
            Key = step.Key,
            Fence = 1,
            Outcome = StepOutcome.Kept,
            ResultArtifact = result.Id,
            ResultDigest = result.Digest,
            Reads = [Read("style")],
        };

    protected static StepEnd Failed(StepRecord step, long fence = 1) =>
        new()
        {
            Key = step.Key,
            Fence = fence,
            Outcome = StepOutcome.Failed,
            Error = new() { Message = "no paper" },
        };

    protected Task<CommitResult> StoreContentAsync(ArtifactRecord artifact) =>
        CommitAsync(NewCommit() with { Contents = [Inline("content")], Artifacts = [artifact] });

    protected Task<CommitResult> ChangeAsync(ArtifactRecord artifact, ArtifactChangeKind kind) =>
        CommitAsync(NewCommit() with { ArtifactChanges = [new(artifact.Id, kind)] });

    protected Task<CommitResult> CommitAsync(params StepChange[] steps) => CommitAsync(NewCommit() with { Steps = steps });

    /// <summary>A store may throw at once or in its task.</summary>
    protected async Task<CommitResult> CommitAsync(SessionCommit commit) => await Records.CommitAsync(commit);
}
