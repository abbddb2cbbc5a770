using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Artifacts one by one: versions, sequences, look-ups.</summary>
public abstract class ArtifactConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Fact]
    public async Task StoredArtifact_IsReadBackAsItWas()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a") with
        {
            ContentType = "application/json",
            Role = ArtifactRole.Output,
            Size = 5_000_000_000,
            CreatedAt = Time.AddMicroseconds(7),
            ProducedBy = NewId(),
            Redactions = [new("jwt", RedactedPart.Content, 2), new("iban", RedactedPart.Metadata, 1)],
            Metadata = new Dictionary<string, JsonElement>
            {
                ["it's \"x\""] = JsonElement.Parse("\"é😀'\""),
                ["n"] = JsonElement.Parse("1.50"),
                ["o"] = JsonElement.Parse("""{"a":[1,null]}"""),
            },
        };

        await StoreAsync(artifact);

        var read = await Records.GetArtifactAsync(SessionId, artifact.Id);
        read.Should().BeEquivalentTo(artifact with { Version = 1, Sequence = 1 }, options => options.Excluding(record => record.Metadata));
        read!.Metadata.Should().HaveCount(3);
        read.Metadata["it's \"x\""].GetString().Should().Be("é😀'");
        read.Metadata["n"].GetRawText().Should().Be("1.50");
        read.Metadata["o"].GetRawText().Should().Be("""{"a":[1,null]}""");
    }

    [Fact]
    public async Task ArtifactWithoutMetadata_HasNone()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");

        await StoreAsync(artifact);

        (await Records.GetArtifactAsync(SessionId, artifact.Id))!.Metadata.Should().BeEmpty();
    }

    [Theory]
    [InlineData("00000000000000000000000000000001")]
    [InlineData("../../etc/passwd")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("")]
    [InlineData("' or 1=1 --")]
    public async Task UnknownArtifactId_IsNull(string id)
    {
        await CreateSessionAsync();

        (await Records.GetArtifactAsync(SessionId, id)).Should().BeNull();
    }

    [Fact]
    public async Task ArtifactOfAnotherSession_IsNull()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        var artifact = NewArtifact("a");
        await StoreAsync(artifact);

        (await Records.GetArtifactAsync("s-2", artifact.Id)).Should().BeNull();
        (await Records.FindArtifactAsync("s-2", "a")).Should().BeNull();
        (await Records.GetArtifactAsync("nobody", artifact.Id)).Should().BeNull();
    }

    [Fact]
    public async Task SameName_GetsTheNextVersion()
    {
        await CreateSessionAsync();

        var result = await StoreAsync(NewArtifact("a"), NewArtifact("b"), NewArtifact("a"));
        var later = await StoreAsync(NewArtifact("a"));

        result.ArtifactVersions.Should().Equal(1, 1, 2);
        result.ArtifactSequences.Should().Equal(1, 2, 3);
        later.ArtifactVersions.Should().Equal(3);
        later.ArtifactSequences.Should().Equal(4);
    }

    [Fact]
    public async Task SameNameInAnotherSession_BeginsAtOne()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        await StoreAsync(NewArtifact("a"));

        var result = await Records.CommitAsync(NewCommit("s-2") with { Artifacts = [NewArtifact("a") with { SessionId = "s-2" }] });

        result.ArtifactVersions.Should().Equal(1);
        result.ArtifactSequences.Should().Equal(1);
    }

    [Fact]
    public async Task FindByName_GivesTheLatestOrTheVersionAskedFor()
    {
        await CreateSessionAsync();
        ArtifactRecord[] artifacts = [NewArtifact("a"), NewArtifact("a")];
        await StoreAsync(artifacts);

        (await Records.FindArtifactAsync(SessionId, "a"))!.Id.Should().Be(artifacts[1].Id);
        (await Records.FindArtifactAsync(SessionId, "a", 1))!.Id.Should().Be(artifacts[0].Id);
        (await Records.FindArtifactAsync(SessionId, "a", 3)).Should().BeNull();
        (await Records.FindArtifactAsync(SessionId, "a", 0)).Should().BeNull();
        (await Records.FindArtifactAsync(SessionId, "A")).Should().BeNull();
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/passwd")]
    [InlineData("😀 family 👨‍👩‍👧")]
    [InlineData("it's \"quoted\"; drop table artifacts; --")]
    [InlineData("%_[*]?\\")]
    [InlineData(" leading and trailing ")]
    [InlineData("CON")]
    public async Task Name_IsData(string name)
    {
        await CreateSessionAsync();

        await StoreAsync(NewArtifact(name));

        (await Records.FindArtifactAsync(SessionId, name))!.Name.Should().Be(name);
    }

    [Fact]
    public async Task ConcurrentVersionsOfOneName_HaveNoGapsAndNoRepeats()
    {
        await CreateSessionAsync();
        var commits = Enumerable.Range(0, 64).Select(_ => NewCommit() with { Artifacts = [NewArtifact("a")] }).ToList();

        var results = await Task.WhenAll(commits.Select(commit => Task.Run(() => Records.CommitAsync(commit).AsTask())));

        results.SelectMany(result => result.ArtifactVersions).Order().Should().Equal(Enumerable.Range(1, 64));
        results.SelectMany(result => result.ArtifactSequences).Order().Should().Equal(Enumerable.Range(1, 64).Select(i => (long)i));
    }

    [Fact]
    public async Task ConcurrentCommits_FailOneByOne()
    {
        await CreateSessionAsync();
        var commits = Enumerable
            .Range(0, 64)
            .Select(i => NewCommit() with { Artifacts = [NewArtifact("a")], ExpectedRevision = i % 2 == 0 ? 1 : 9 })
            .ToList();

        var tasks = commits.Select(commit => Task.Run(() => Records.CommitAsync(commit).AsTask())).ToList();
        await Task.WhenAll(tasks).ContinueWith(_ => { }, TaskScheduler.Default);

        tasks.Select(task => task.IsCompletedSuccessfully).Should().Equal(Enumerable.Range(0, 64).Select(i => i % 2 == 0));
        (await Records.QueryArtifactsAsync(SessionId, new()))
            .Items.Select(artifact => artifact.Version)
            .Should()
            .Equal(Enumerable.Range(1, 32));
    }

    [Fact]
    public async Task ConcurrentCommitsOfOneId_HaveOneWinner()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");
        var commits = Enumerable
            .Range(0, 64)
            .Select(i => NewCommit() with { Artifacts = i % 8 == 0 ? [NewArtifact("b"), artifact] : [NewArtifact("b")] })
            .ToList();

        var tasks = commits.Select(commit => Task.Run(() => Records.CommitAsync(commit).AsTask())).ToList();
        await Task.WhenAll(tasks).ContinueWith(_ => { }, TaskScheduler.Default);

        tasks.Count(task => task.IsCompletedSuccessfully).Should().Be(57);
        tasks.Where(task => task.IsFaulted).Select(task => task.Exception!.InnerException).Should().AllBeOfType<ConflictException>();
        var all = (await Records.QueryArtifactsAsync(SessionId, new())).Items;
        all.Select(record => record.Sequence).Should().Equal(Enumerable.Range(1, 58).Select(i => (long)i));
        all.Where(record => record.Name == "b").Select(record => record.Version).Should().Equal(Enumerable.Range(1, 57));
    }

    [Fact]
    public async Task TakenId_IsAConflictAndWritesNothing()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");
        await StoreAsync(artifact);

        var again = () => StoreAsync(NewArtifact("b"), artifact);

        (await again.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("artifact.id");
        (await Records.FindArtifactAsync(SessionId, "b")).Should().BeNull();
        (await StoreAsync(NewArtifact("b"))).ArtifactSequences.Should().Equal(2);
    }
}
