using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What a storage that claims to persist still has when it is opened again.</summary>
public abstract class PersistenceConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Fact]
    public async Task Reopened_StorageHasEverything()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");
        var response = NewResponse("k");
        var inline = Inline("hello");
        var streamed = await Storage.Contents.WriteAsync(new MemoryStream(new byte[100_000]));
        await Records.CommitAsync(NewCommit() with { Artifacts = [artifact], Responses = [response], Contents = [inline, streamed] });

        await ReopenAsync();

        (await Records.GetSessionAsync(SessionId))!.Revision.Should().Be(1);
        (await Records.GetArtifactAsync(SessionId, artifact.Id))!.Name.Should().Be("a");
        (await Records.FindResponseAsync(SessionId, "k"))!.Id.Should().Be(response.Id);
        (await Records.GetContentAsync(inline.Digest))!.Inline.Should().NotBeNull();
        (await Storage.Contents.ExistsAsync(streamed.Digest)).Should().BeTrue();
    }

    [Fact]
    public async Task Reopened_StorageGoesOnCounting()
    {
        await CreateSessionAsync();
        await StoreAsync(NewArtifact("a"), NewArtifact("a"));

        await ReopenAsync();

        var result = await StoreAsync(NewArtifact("a"));
        result.ArtifactVersions.Should().Equal(3);
        result.ArtifactSequences.Should().Equal(3);
    }

    [Fact]
    public async Task Reopened_StorageKnowsACommitThatItHasSeen()
    {
        await CreateSessionAsync();
        var commit = NewCommit() with { Artifacts = [NewArtifact("a")] };
        var first = await Records.CommitAsync(commit);

        await ReopenAsync();

        (await Records.CommitAsync(commit)).Should().BeEquivalentTo(first);
    }

    [Fact]
    public async Task Reopened_StorageKnowsACommitOfAnArtifactWithItsId()
    {
        await CreateSessionAsync();
        var commit = NewCommit();
        commit = commit with { Artifacts = [NewArtifact("a") with { Id = commit.CommitId.ToString("N") }], Contents = [Inline("content")] };
        var first = await Records.CommitAsync(commit);

        await ReopenAsync();

        (await Records.CommitAsync(commit)).Should().BeEquivalentTo(first);
    }

    [Fact]
    public async Task Reopened_StorageGoesOnWithAConversation()
    {
        await CreateSessionAsync();
        var message = new MessageRecord
        {
            Role = "user",
            Content = ContentDigest.Of("x"u8),
            CreatedAt = Time,
        };
        var change = new ConversationChange { Conversation = "c", Messages = [message] };
        var first = (await Records.CommitAsync(NewCommit() with { Conversations = [change] })).Conversations.Single();

        await ReopenAsync();

        var again = await Records.CommitAsync(NewCommit() with { Conversations = [change with { ExpectedHead = first.Head }, change] });
        again.Conversations[0].First.Should().Be(first.Head!.Value with { Depth = 2 });
        again.Conversations[1].First!.Value.Run.Should().BeGreaterThan(first.Head.Value.Run);
    }

    private async Task ReopenAsync()
    {
        await Storage.DisposeAsync();
        Storage = await Fixture.OpenAsync();
    }
}
