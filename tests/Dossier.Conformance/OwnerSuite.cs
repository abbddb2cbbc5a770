using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>A storage with a session of an owner, beside one of somebody else that has the same in it.</summary>
public abstract class OwnerSuite<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    protected const string Mine = "mine";
    protected const string Theirs = "theirs";
    protected const string Me = "a/../*%_'\"? b";
    protected const string Them = "a/../*%_'\"? c";

    private protected OwnerStorage Own => field ??= new(Storage, Me);

    protected async Task<(Filled Mine, Filled Theirs)> FillAsync() => (await FillAsync(Mine, Me), await FillAsync(Theirs, Them));

    /// <summary>A session with one of each.</summary>
    protected async Task<Filled> FillAsync(string id, string owner)
    {
        await CreateSessionAsync(
            id,
            new()
            {
                Id = id,
                Owner = owner,
                CreatedAt = Time,
            }
        );
        var content = Inline($"content of {id}");
        var artifact = NewArtifact("a", $"content of {id}") with { SessionId = id };
        var response = NewResponse("r");
        var message = Inline($"message of {id}");
        var said = new MessageRecord
        {
            Role = "user",
            Content = message.Digest,
            CreatedAt = Time,
        };
        var step = new StepRecord
        {
            Key = ContentDigest.Of("step"u8),
            Name = "step",
            ResultType = "System.String",
            CreatedAt = Time,
        };
        await Records.CommitAsync(
            NewCommit(id) with
            {
                Artifacts = [artifact],
                Responses = [response],
                Contents = [content, message],
                Conversations = [new() { Conversation = "c", Messages = [said with { Hash = said.ComputeHash(null) }] }],
                Steps =
                [
                    new StepBegin
                    {
                        Key = step.Key,
                        Fence = 1,
                        Step = step,
                        Owner = "here/1/2",
                        Lease = TimeSpan.FromHours(1),
                    },
                ],
            }
        );
        return new(artifact, response);
    }

    protected async Task KeepAsync(IRecordStore records, string id, ContentDigest step, ArtifactRecord result) =>
        await records.CommitAsync(
            NewCommit(id) with
            {
                Steps =
                [
                    new StepEnd
                    {
                        Key = step,
                        Fence = 1,
                        Outcome = StepOutcome.Kept,
                        ResultArtifact = result.Id,
                        ResultDigest = result.Digest,
                    },
                ],
            }
        );

    protected sealed record Filled(ArtifactRecord Artifact, TrackedResponse Response);
}
