using System.Reflection;
using System.Text;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What one owner sees of a storage: member by member of the contracts, beside a session of somebody else that has the same in it.</summary>
public abstract class OwnerConformance<TFixture> : OwnerSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Nobody = "nobody";

    [Fact]
    public void EveryMemberOfTheContracts_IsTested()
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        Type[] contracts = [typeof(IRecordStore), typeof(IContentStore), typeof(ISearchIndex), typeof(IStoreMaintenance)];
        var members = contracts.SelectMany(contract => contract.GetMethods(All).Select(method => (contract, method.Name)));

        Type[] suites = [typeof(OwnerConformance<TFixture>), typeof(OwnerContentConformance<TFixture>)];
        var tested = suites
            .SelectMany(suite => suite.GetMethods())
            .Where(method => method.IsDefined(typeof(FactAttribute), inherit: false))
            .SelectMany(method => method.GetCustomAttributes().OfType<IScopes>())
            .Select(scope => (scope.Contract, scope.Member));

        tested.Distinct().Should().BeEquivalentTo(members);
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetSessionAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.QuerySessionsAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.CountSessionsAsync))]
    public async Task Sessions_AreTheOwnersOnly()
    {
        await FillAsync();

        (await Own.Records.GetSessionAsync(Mine))!.Owner.Should().Be(Me);
        (await Own.Records.GetSessionAsync(Theirs)).Should().BeNull();
        (await Own.Records.QuerySessionsAsync(new())).Items.Select(it => it.Id).Should().Equal(Mine);
        (await Own.Records.QuerySessionsAsync(new() { Owner = Them })).Items.Should().BeEmpty();
        (await Own.Records.CountSessionsAsync(new())).Should().Be(1);
        (await Own.Records.CountSessionsAsync(new() { Owner = Them })).Should().Be(0);
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetArtifactAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetArtifactWithContentAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.FindArtifactAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.QueryArtifactsAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.CountArtifactsAsync))]
    public async Task Artifacts_AreTheOwnersOnly()
    {
        var (mine, theirs) = await FillAsync();

        (await Own.Records.GetArtifactAsync(Mine, mine.Artifact.Id))!.Name.Should().Be("a");
        (await Own.Records.GetArtifactAsync(Theirs, theirs.Artifact.Id)).Should().BeNull();
        (await Own.Records.GetArtifactWithContentAsync(Mine, mine.Artifact.Id, default)).Artifact!.Name.Should().Be("a");
        (await Own.Records.GetArtifactWithContentAsync(Theirs, theirs.Artifact.Id, default)).Should().Be((null, null));
        (await Own.Records.FindArtifactAsync(Mine, "a"))!.Id.Should().Be(mine.Artifact.Id);
        (await Own.Records.FindArtifactAsync(Theirs, "a")).Should().BeNull();
        (await Own.Records.QueryArtifactsAsync(null, new())).Items.Select(it => it.SessionId).Should().Equal(Mine);
        (await Own.Records.QueryArtifactsAsync(null, new() { Sessions = new() { Owner = Them } })).Items.Should().BeEmpty();
        (await Own.Records.QueryArtifactsAsync(Mine, new())).Items.Should().ContainSingle();
        (await Own.Records.QueryArtifactsAsync(Theirs, new())).Items.Should().BeEmpty();
        (await Own.Records.CountArtifactsAsync(null, new())).Sum(it => it.Count).Should().Be(1);
        (await Own.Records.CountArtifactsAsync(Mine, new())).Sum(it => it.Count).Should().Be(1);
        (await Own.Records.CountArtifactsAsync(Theirs, new())).Should().BeEmpty();
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.QueryArtifactsAsync))]
    public async Task ArtifactsOfASessionInTheTrash_AreListedAsWithoutAnOwner()
    {
        await FillAsync();
        await TrashAsync(Mine, Me);
        await TrashAsync(Theirs, Them);
        var trash = new ArtifactQuery { Trash = TrashFilter.Only };

        (await Own.Records.QueryArtifactsAsync(null, trash)).Items.Select(it => it.SessionId).Should().Equal(Mine);
        (await Records.QueryArtifactsAsync(null, trash)).Items.Should().HaveCount(2);
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetResponseAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.FindResponseAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.QueryResponsesAsync))]
    public async Task Responses_AreTheOwnersOnly()
    {
        var (mine, theirs) = await FillAsync();

        (await Own.Records.GetResponseAsync(Mine, mine.Response.Id))!.Key.Should().Be("r");
        (await Own.Records.GetResponseAsync(Theirs, theirs.Response.Id)).Should().BeNull();
        (await Own.Records.FindResponseAsync(Mine, "r"))!.Id.Should().Be(mine.Response.Id);
        (await Own.Records.FindResponseAsync(Theirs, "r")).Should().BeNull();
        (await Own.Records.QueryResponsesAsync(Mine, new())).Items.Should().ContainSingle();
        (await Own.Records.QueryResponsesAsync(Theirs, new())).Items.Should().BeEmpty();
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetConversationAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.QueryConversationsAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.QueryMessagesAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.QueryBranchesAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.CountMessagesAsync))]
    public async Task Conversations_AreTheOwnersOnly()
    {
        await FillAsync();

        (await Own.Records.GetConversationAsync(Mine, "c")).Should().NotBeNull();
        (await Own.Records.GetConversationAsync(Theirs, "c")).Should().BeNull();
        (await Own.Records.QueryConversationsAsync(Mine, 10)).Items.Should().ContainSingle();
        (await Own.Records.QueryConversationsAsync(Theirs, 10)).Items.Should().BeEmpty();
        (await Own.Records.QueryMessagesAsync(Mine, "c", new())).Items.Should().ContainSingle();
        (await Own.Records.QueryMessagesAsync(Theirs, "c", new())).Items.Should().BeEmpty();
        (await Own.Records.QueryBranchesAsync(Mine, "c", 10)).Items.Should().ContainSingle();
        (await Own.Records.QueryBranchesAsync(Theirs, "c", 10)).Items.Should().BeEmpty();
        (await Own.Records.CountMessagesAsync(Mine)).Messages.Should().Be(1);
        (await Own.Records.CountMessagesAsync(Theirs)).Messages.Should().Be(0);
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetBudgetAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetChainHeadAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetStepAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetKeptStepAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.QueryStepsAsync))]
    public async Task BudgetStepsAndChain_AreTheOwnersOnly()
    {
        var (mine, theirs) = await FillAsync();
        var key = ContentDigest.Of("step"u8);
        await KeepAsync(Records, Mine, key, mine.Artifact);
        await KeepAsync(Records, Theirs, key, theirs.Artifact);

        (await Own.Records.GetBudgetAsync(Mine)).Should().NotBeNull();
        (await Own.Records.GetBudgetAsync(Theirs)).Should().BeNull();
        (await Own.Records.GetChainHeadAsync(Mine)).Should().Be(await Records.GetChainHeadAsync(Mine));
        (await Own.Records.GetChainHeadAsync(Theirs)).Should().BeNull();
        (await Own.Records.GetStepAsync(Mine, key)).Should().NotBeNull();
        (await Own.Records.GetStepAsync(Theirs, key)).Should().BeNull();
        (await Own.Records.GetKeptStepAsync(Mine, key, true, default))!.Artifact.Should().Be(mine.Artifact.Id);
        (await Own.Records.GetKeptStepAsync(Theirs, key, true, default)).Should().BeNull();
        (await Own.Records.QueryStepsAsync(Mine, new())).Items.Should().ContainSingle();
        (await Own.Records.QueryStepsAsync(Theirs, new())).Items.Should().BeEmpty();
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.CommitAsync))]
    public async Task CommitToASessionOfSomebodyElse_IsToldWhatItIsToldOfNone()
    {
        await FillAsync();
        var before = await Records.GetSessionAsync(Theirs);

        var theirs = () => Own.Records.CommitAsync(NewCommit(Theirs) with { Artifacts = [NewArtifact("x")] }).AsTask();
        var nobodys = () => Own.Records.CommitAsync(NewCommit(Nobody) with { Artifacts = [NewArtifact("x")] }).AsTask();

        var told = (await theirs.Should().ThrowAsync<NotFoundException>()).Which.Message;
        told.Replace(Theirs, Nobody, StringComparison.Ordinal)
            .Should()
            .Be((await nobodys.Should().ThrowAsync<NotFoundException>()).Which.Message);
        (await Records.GetSessionAsync(Theirs)).Should().Be(before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(null)]
    public async Task SessionUnderTheIdOfSomebodyElses_IsRefusedAndTellsNothing(int? expectedRevision)
    {
        await FillAsync();
        var before = await Records.GetSessionAsync(Theirs);
        var commit = NewCommit(Theirs) with
        {
            Session = new() { Id = Theirs, Name = "x" },
            ExpectedRevision = expectedRevision,
        };

        var act = () => Own.Records.CommitAsync(commit).AsTask();

        var refusal = (await act.Should().ThrowAsync<ConflictException>()).Which;
        (refusal.Guard, refusal.Expected, refusal.Actual).Should().Be(("session.id", null, null));
        refusal.Message.Should().NotContain(Them);
        (await Records.GetSessionAsync(Theirs)).Should().Be(before);
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.CommitAsync))]
    public async Task NewSession_IsTheOwners_AndNobodyElses()
    {
        await Own.Records.CommitAsync(NewCommit("new") with { Session = new() { Id = "new" } });
        var given = () =>
            Own
                .Records.CommitAsync(
                    NewCommit("more") with
                    {
                        Session = new() { Id = "more", Owner = Them },
                    }
                )
                .AsTask();

        (await Records.GetSessionAsync("new"))!.Owner.Should().Be(Me);
        (await given.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.owner");
        (await Records.GetSessionAsync("more")).Should().BeNull();
    }

    [Fact]
    [Scopes<ISearchIndex>(nameof(ISearchIndex.SearchAsync))]
    public async Task Search_FindsTheOwnersOnly_PageByPage()
    {
        await FillAsync();
        for (var i = 0; i < 5; i++)
        {
            await AddAsync(Theirs, "word");
            await AddAsync(Mine, "word");
        }
        var found = new List<string>();
        string? next = null;
        do
        {
            var page = await Own.Search.SearchAsync(SearchExpression.Parse("word"), new() { PageSize = 2, Continuation = next });
            found.AddRange(page.Matches.Select(match => match.Artifact.SessionId));
            next = page.Continuation;
        } while (next is not null);

        found.Should().Equal(Enumerable.Repeat(Mine, 5));
        (await FindAsync(new() { SessionId = Theirs })).Should().BeEmpty();
        (await FindAsync(new() { SessionId = Mine })).Should().HaveCount(5);
        (await FindAsync(new() { Owner = Them })).Should().BeEmpty();

        async Task<IReadOnlyList<SearchMatch>> FindAsync(SearchOptions options) =>
            (await Own.Search.SearchAsync(SearchExpression.Parse("word"), options)).Matches;
    }

    [Fact]
    [Scopes<IStoreMaintenance>(nameof(IStoreMaintenance.VerifyAsync))]
    [Scopes<IStoreMaintenance>(nameof(IStoreMaintenance.PurgeAsync))]
    public async Task Maintenance_IsOfTheOwnersSessions_OrRefused()
    {
        var (mine, theirs) = await FillAsync();
        Fixture.Damage(Storage, theirs.Artifact.Digest);

        var report = await Own.Maintenance.VerifyAsync(new());
        var damaged = await new OwnerStorage(Storage, Them).Maintenance.VerifyAsync(new());
        var one = () => Own.Maintenance.VerifyAsync(new() { SessionId = Theirs });
        var purge = () => Own.Maintenance.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Time);

        (report.IsClean, report.Sessions, report.Artifacts).Should().Be((true, 1, 1));
        damaged.Problems.Should().ContainSingle().Which.Affected.Should().Contain(it => it.Id == theirs.Artifact.Id);
        (await Own.Maintenance.VerifyAsync(new() { SessionId = Mine })).Artifacts.Should().Be(1);
        (await one.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().NotContain(Them);
        await purge.Should().ThrowAsync<OwnerScopeException>();
        (await Records.GetArtifactAsync(Mine, mine.Artifact.Id)).Should().NotBeNull();
    }

    [Fact]
    [Scopes<IStoreMaintenance>(nameof(IStoreMaintenance.EraseAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetErasureAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.QueryErasuresAsync))]
    public async Task Erasure_IsOfTheOwnersSessions_AndNobodyIsToldOfAnothers()
    {
        await FillAsync();
        var another = () => Own.Maintenance.EraseAsync(ErasureTarget.OfSession(Theirs), null, Time);
        var asThem = () => Own.Maintenance.EraseAsync(ErasureTarget.OfSession(Theirs, Them), null, Time);
        var all = () => Own.Maintenance.EraseAsync(ErasureTarget.OfOwner(Them), null, Time);

        (await another.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().NotContain(Them);
        await asThem.Should().ThrowAsync<OwnerScopeException>();
        await all.Should().ThrowAsync<OwnerScopeException>();
        (await Records.CountSessionsAsync(new())).Should().Be(2);
        await Storage.Maintenance.EraseAsync(ErasureTarget.OfSession(Theirs), null, Time);
        var erased = () => Own.Maintenance.EraseAsync(ErasureTarget.OfSession(Theirs), null, Time);
        await erased.Should().ThrowAsync<NotFoundException>("it was never told that there was one");
        (await Own.Records.GetErasureAsync(Theirs)).Should().BeNull();
        (await Own.Records.QueryErasuresAsync(10)).Items.Should().BeEmpty();
        (await Own.Maintenance.EraseAsync(ErasureTarget.OfOwner(Me), null, Time)).Sessions.Should().Be(1);
    }

    [Fact]
    public async Task OwnerWithSignsInTheName_IsData()
    {
        await CreateSessionAsync("s1", new() { Id = "s1", Owner = "a%" });
        await CreateSessionAsync("s2", new() { Id = "s2", Owner = "ab" });
        await CreateSessionAsync("s3", new() { Id = "s3", Owner = "A%" });
        await CreateSessionAsync("s4");

        (await new OwnerStorage(Storage, "a%").Records.QuerySessionsAsync(new())).Items.Select(it => it.Id).Should().Equal("s1");
        (await new OwnerStorage(Storage, "*").Records.CountSessionsAsync(new())).Should().Be(0);
        (await new OwnerStorage(Storage, "../a%").Records.CountSessionsAsync(new())).Should().Be(0);
    }

    private async Task AddAsync(string id, string text)
    {
        var artifact = NewArtifact("more", text) with { SessionId = id };
        await Records.CommitAsync(NewCommit(id) with { Artifacts = [artifact], Contents = [Inline(text)] });
    }

    private async Task TrashAsync(string id, string owner) =>
        await Records.CommitAsync(
            NewCommit(id) with
            {
                Session = new()
                {
                    Id = id,
                    Owner = owner,
                    CreatedAt = Time,
                    TrashedAt = Time,
                },
            }
        );
}
