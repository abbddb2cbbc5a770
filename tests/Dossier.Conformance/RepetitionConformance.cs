using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>
/// A commit of nothing but an artifact that has its id, as a session makes it when it stores one, or of nothing but a call in progress that has
/// it, as a session makes it before the call leaves, and made again: whatever became of the record, the first result is returned and nothing
/// is written.
/// </summary>
public abstract class RepetitionConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Repeated_ReturnsTheFirstResult()
    {
        var (commit, first) = await StoreOneAsync();
        await CommitAsync(CommitOf("a"));

        var second = await CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
        (await VersionsAsync()).Should().Equal(1, 2);
        (await CommitAsync(CommitOf("a"))).ArtifactSequences.Should().Equal(3);
        (await Records.CountArtifactsAsync(SessionId, new(), Token)).Sum(it => it.Count).Should().Be(3);
    }

    [Fact]
    public async Task RepeatedAfterTheSessionWasChanged_ReturnsTheRevisionOfThen()
    {
        var (commit, first) = await StoreOneAsync();
        await CommitAsync(
            NewCommit() with
            {
                Session = new() { Id = SessionId, Name = "new" },
            }
        );

        var second = await CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
    }

    [Theory]
    [InlineData(ArtifactChangeKind.Trash)]
    [InlineData(ArtifactChangeKind.Pin)]
    public async Task RepeatedAfterTheArtifactWasChanged_LeavesItSo(ArtifactChangeKind kind)
    {
        var (commit, first) = await StoreOneAsync();
        await ChangeAsync(commit, kind);
        var before = await Records.GetArtifactAsync(SessionId, commit.Artifacts[0].Id, Token);

        var second = await CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
        (await Records.GetArtifactAsync(SessionId, commit.Artifacts[0].Id, Token)).Should().BeEquivalentTo(before);
        (await VersionsAsync()).Should().Equal(1);
    }

    [Fact]
    public async Task RepeatedWhileItsSessionIsInTheTrash_ReturnsTheFirstResult()
    {
        var (commit, first) = await StoreOneAsync();
        await TrashSessionAsync();

        var second = await CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
    }

    [Fact]
    public async Task NewWhileItsSessionIsInTheTrash_IsAConflict()
    {
        await CreateSessionAsync();
        await TrashSessionAsync();

        var commit = () => CommitAsync(CommitOf("a"));

        (await commit.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.trashed");
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    public async Task RepeatedAfterTheArtifactWasPurged_BringsNothingBack(string name)
    {
        var (commit, first) = await StoreOneAsync();
        await ChangeAsync(commit, ArtifactChangeKind.Trash);
        await PurgeAsync();

        var second = await CommitAsync(commit with { Artifacts = [commit.Artifacts[0] with { Name = name }] });

        second.Should().BeEquivalentTo(first);
        (await VersionsAsync()).Should().BeEmpty();
        (await CommitAsync(CommitOf("a"))).ArtifactVersions.Should().Equal(2);
    }

    [Fact]
    public async Task RepeatedAfterItsSessionWasPurged_IsANewOneInTheNextSessionOfThatId()
    {
        var (commit, first) = await StoreOneAsync();
        await ChangeAsync(commit, ArtifactChangeKind.Trash);
        await PurgeAsync();
        await TrashSessionAsync();
        await PurgeAsync();
        await CreateSessionAsync();
        await CommitAsync(CommitOf("b"));

        var second = await CommitAsync(commit);

        (first.ArtifactSequences[0], second.ArtifactSequences[0]).Should().Be((1L, 2L));
    }

    [Fact]
    public async Task RepeatedWithAnotherArtifact_ReturnsTheFirstResult()
    {
        var (commit, first) = await StoreOneAsync();

        var second = await CommitAsync(commit with { Artifacts = [commit.Artifacts[0] with { Name = "b" }], Contents = [Inline("b")] });

        second.Should().BeEquivalentTo(first);
        (await Records.QueryArtifactsAsync(SessionId, new(), cancellationToken: Token)).Items.Select(it => it.Name).Should().Equal("a");
    }

    [Fact]
    public async Task IdRepeatedByACommitOfSomethingElse_ReturnsTheFirstResult()
    {
        var (commit, first) = await StoreOneAsync();
        var response = NewResponse();

        var second = await CommitAsync(commit with { Artifacts = [], Contents = [], Responses = [response] });

        second.Should().BeEquivalentTo(first);
        (await Records.GetResponseAsync(SessionId, response.Id, Token)).Should().BeNull();
    }

    [Fact]
    public async Task IdOfACommitOfSomethingElse_ReturnsTheFirstResult()
    {
        await CreateSessionAsync();
        var commit = CommitOf("a");
        var first = await CommitAsync(commit with { Artifacts = [], Contents = [], Responses = [NewResponse()] });

        var second = await CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
        (await VersionsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task IdOfAnArtifactOfAnotherCommit_IsAConflict()
    {
        await CreateSessionAsync();
        var commit = CommitOf("a");
        await CommitAsync(commit with { CommitId = Guid.CreateVersion7() });

        var second = () => CommitAsync(commit);

        (await second.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("artifact.id");
        (await VersionsAsync()).Should().Equal(1);
    }

    [Fact]
    public async Task IdOfAnArtifactThatAForkInherited_IsAConflictThereAndNoRepetition()
    {
        var (commit, first) = await StoreOneAsync();
        var artifact = (await Records.GetArtifactAsync(SessionId, commit.Artifacts[0].Id, Token))!;
        await CommitAsync(
            NewCommit("fork") with
            {
                Session = new() { Id = "fork", CreatedAt = Time },
                Copied = new() { Contents = [artifact.Digest], Artifacts = [artifact] },
            }
        );
        var inFork = commit with { SessionId = "fork", Artifacts = [artifact with { SessionId = "fork" }] };

        var repeated = () => CommitAsync(inFork);

        (await repeated.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("artifact.id");
        (await CommitAsync(commit)).Should().BeEquivalentTo(first);
        await CommitAsync(NewCommit("fork") with { ArtifactChanges = [new(artifact.Id, ArtifactChangeKind.Trash)] });
        await PurgeAsync();
        (await CommitAsync(inFork))
            .ArtifactVersions.Should()
            .Equal([2], "what was copied was no commit, and its version is not given again");
    }

    [Fact]
    public async Task CallInProgressRepeated_ReturnsTheFirstResult()
    {
        await CreateSessionAsync();
        var commit = IntentOf("call");
        var first = await CommitAsync(commit);
        await CommitAsync(IntentOf("another"));

        var second = await CommitAsync(commit with { Responses = [commit.Responses[0] with { Key = "other" }] });

        second.Should().BeEquivalentTo(first);
        first.ResponseSequences.Should().Equal(1);
        (await KeysAsync()).Should().Equal("call", "another");
    }

    [Fact]
    public async Task CallInProgressRepeatedAfterItEnded_LeavesItsOutcome()
    {
        await CreateSessionAsync();
        var commit = IntentOf("call");
        var first = await CommitAsync(commit);
        var ended = commit.Responses[0] with { Outcome = ResponseOutcome.Succeeded };
        var end = NewCommit() with { Responses = [ended] };
        var second = await CommitAsync(end);
        await CommitAsync(
            NewCommit() with
            {
                Session = new() { Id = SessionId, Name = "new" },
            }
        );

        var repeated = await CommitAsync(commit);
        var endedAgain = await CommitAsync(end);

        repeated.Should().BeEquivalentTo(first);
        endedAgain.Should().BeEquivalentTo(second);
        (await Records.GetResponseAsync(SessionId, ended.Id, Token))!.Outcome.Should().Be(ResponseOutcome.Succeeded);
    }

    [Fact]
    public async Task CallInProgressRepeatedWhileItsSessionIsInTheTrash_ReturnsTheFirstResult()
    {
        await CreateSessionAsync();
        var commit = IntentOf("call");
        var first = await CommitAsync(commit);
        await TrashSessionAsync();

        var second = await CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
    }

    [Fact]
    public async Task CallInProgressWithTheIdOfAResponseOfAnotherCommit_ReplacesIt_AndIsThenRepeated()
    {
        await CreateSessionAsync();
        var commit = IntentOf("call");
        await CommitAsync(commit with { CommitId = Guid.CreateVersion7(), Responses = [commit.Responses[0] with { Key = "before" }] });

        var first = await CommitAsync(commit);
        await CommitAsync(NewCommit() with { Responses = [commit.Responses[0] with { Outcome = ResponseOutcome.Failed }] });
        var second = await CommitAsync(commit);

        second.Should().BeEquivalentTo(first);
        (await KeysAsync()).Should().Equal("call");
        (await Records.GetResponseAsync(SessionId, commit.Responses[0].Id, Token))!.Outcome.Should().Be(ResponseOutcome.Failed);
    }

    [Fact]
    public async Task CallsInProgressManyAtOnce_AreWrittenOnceEach()
    {
        await CreateSessionAsync();
        var commits = Enumerable.Range(0, 8).Select(i => IntentOf($"{i}")).ToList();

        var results = await Task.WhenAll(commits.Concat(commits).Select(commit => Task.Run(() => CommitAsync(commit), Token)));

        results[8..].Should().BeEquivalentTo(results[..8], options => options.WithStrictOrdering());
        (await KeysAsync()).Should().BeEquivalentTo(commits.Select(commit => commit.Responses[0].Key));
    }

    [Fact]
    public async Task ManyAtOnce_AreWrittenOnceEach()
    {
        await CreateSessionAsync();
        var commits = Enumerable.Range(0, 8).Select(_ => CommitOf("a")).ToList();

        var results = await Task.WhenAll(
            commits.Concat(commits).Concat(commits).Select(commit => Task.Run(() => CommitAsync(commit), Token))
        );

        results[8..16].Should().BeEquivalentTo(results[..8], options => options.WithStrictOrdering());
        results[16..].Should().BeEquivalentTo(results[..8], options => options.WithStrictOrdering());
        (await VersionsAsync()).Should().Equal(Enumerable.Range(1, 8));
    }

    private async Task<(SessionCommit Commit, CommitResult Result)> StoreOneAsync()
    {
        await CreateSessionAsync();
        var commit = CommitOf("a");
        return (commit, await CommitAsync(commit));
    }

    private SessionCommit CommitOf(string name)
    {
        var commit = NewCommit();
        var artifact = NewArtifact(name) with { Id = commit.CommitId.ToString("N") };
        return commit with { Artifacts = [artifact], Contents = [Inline("content")] };
    }

    private SessionCommit IntentOf(string key)
    {
        var commit = NewCommit();
        var response = NewResponse() with { Id = commit.CommitId.ToString("N"), Key = key, Outcome = ResponseOutcome.InProgress };
        return commit with { Responses = [response], Contents = [Inline("sent")] };
    }

    private async Task<IEnumerable<string?>> KeysAsync() =>
        (await Records.QueryResponsesAsync(SessionId, new(), cancellationToken: Token)).Items.Select(it => it.Key);

    private Task<CommitResult> CommitAsync(SessionCommit commit) => Records.CommitAsync(commit, Token).AsTask();

    private Task<CommitResult> ChangeAsync(SessionCommit commit, ArtifactChangeKind kind) =>
        CommitAsync(NewCommit() with { ArtifactChanges = [new(commit.Artifacts[0].Id, kind)] });

    private Task<CommitResult> TrashSessionAsync() =>
        CommitAsync(
            NewCommit() with
            {
                Session = new()
                {
                    Id = SessionId,
                    CreatedAt = Time,
                    TrashedAt = Time,
                },
            }
        );

    private async Task PurgeAsync() =>
        await Storage.Maintenance.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Time, Token);

    private async Task<IEnumerable<int>> VersionsAsync() =>
        (await Records.QueryArtifactsAsync(SessionId, new() { Trash = TrashFilter.Include }, cancellationToken: Token)).Items.Select(it =>
            it.Version
        );
}
