using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What becomes of content that was put for a commit which is refused: no erasure finds what no record names.</summary>
public abstract class RefusedContentConformance<TFixture> : StepSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Gone = "gone";
    private static readonly byte[] Large = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 251))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("session.created_at")]
    [InlineData("session.erased")]
    [InlineData("session.revision")]
    [InlineData("session.trashed")]
    [InlineData("no session")]
    [InlineData("no message")]
    [InlineData("artifact.id")]
    [InlineData("step.fence")]
    [InlineData("step.lease")]
    public async Task ContentOfACommitThatIsRefusedForGood_GoesUnlessAnotherHasIt(string refusal)
    {
        var shared = await PutAsync([.. Large, 1]);
        await CreateSessionAsync();
        await CommitAsync(
            NewCommit() with
            {
                Contents = [shared],
                Artifacts = [NewArtifact("shared") with { Digest = shared.Digest, Size = shared.Size }],
            }
        );
        var commit = (await RefusedAsync(refusal)) with { Contents = [await PutAsync([.. Large, 1]), await PutAsync(Large)] };

        var committing = () => CommitAsync(commit);

        var exception = (await committing.Should().ThrowAsync<DossierException>()).Which;
        (exception is ConflictException conflict ? conflict.Guard : "no").Should().Be(refusal.Split(' ')[0]);
        (await Storage.Contents.ListAsync(Token).ToListAsync(Token)).Should().Equal(shared.Digest);
        (await Storage.Contents.WriteAsync(new MemoryStream(Large), Token)).Digest.Should().Be(ContentDigest.Of(Large));
    }

    [Fact]
    public async Task ContentOfACommitThatMayStillBeMade_Stays()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");
        await StoreContentAsync(artifact);
        await ChangeAsync(artifact, ArtifactChangeKind.Pin);
        var content = await PutAsync(Large);
        var commit = NewCommit() with { Contents = [content], ArtifactChanges = [new(artifact.Id, ArtifactChangeKind.Trash)] };

        var committing = () => CommitAsync(commit);

        (await committing.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("artifact.pinned");
        (await Storage.Contents.ListAsync(Token).ToListAsync(Token)).Should().Equal(content.Digest);
    }

    /// <summary>Whoever was given the same file finds it gone, and puts it again; nobody who was told that it is there misses it.</summary>
    [Fact]
    public async Task SameContentOfManyAtOnce_IsThereForThoseWhoWereNotRefused()
    {
        const int Writers = 8;
        const int Rounds = 8;
        await CreateSessionAsync();

        for (var round = 0; round < Rounds; round++)
        {
            byte[] bytes = [.. Large, (byte)round];
            await Task.WhenAll(
                Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(bytes, isRefused: writer % 2 == 0)))
            );

            (await Storage.Contents.ExistsAsync(ContentDigest.Of(bytes), Token)).Should().BeTrue();
        }
    }

    private async Task WriteAsync(byte[] bytes, bool isRefused)
    {
        while (true)
        {
            try
            {
                await CommitAsync(NewCommit() with { Contents = [await PutAsync(bytes)], ExpectedRevision = isRefused ? 9 : null });
                return;
            }
            catch (ConflictException exception)
            {
                if (exception.Guard != "content.exists")
                    return;
            }
        }
    }

    private Task<ContentEntry> PutAsync(byte[] bytes) => Storage.Contents.WriteAsync(new MemoryStream(bytes), Token);

    private async Task<SessionCommit> RefusedAsync(string refusal)
    {
        var step = NewStep("step");
        var commit = NewCommit(refusal is "session.erased" or "session.trashed" ? Gone : SessionId);
        switch (refusal)
        {
            case "session.created_at":
                return commit with { SessionCreatedAt = Time.AddDays(-1) };
            case "session.erased":
                await CreateSessionAsync(Gone);
                await Storage.Maintenance.EraseAsync(ErasureTarget.OfSession(Gone), null, Time, Token);
                return commit;
            case "session.revision":
                return commit with { ExpectedRevision = 0 };
            case "session.trashed":
                await CreateSessionAsync(Gone, new() { Id = Gone, TrashedAt = Time });
                return commit;
            case "no session":
                return NewCommit("never");
            case "no message":
                return commit with { Conversations = [new() { Conversation = "c", Head = new(1, 1) }] };
            case "artifact.id":
                var artifact = NewArtifact("a");
                await StoreContentAsync(artifact);
                return commit with { Artifacts = [artifact] };
            case "step.fence":
                return commit with { Steps = [Failed(step)] };
            default:
                await CommitAsync(Begin(step));
                return commit with { Steps = [Begin(step, fence: 2)] };
        }
    }
}
