using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Lifecycle;

public sealed class LifecycleTests
{
    private static readonly PurgeOptions Everything = new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };
    private static readonly byte[] Large = new byte[100_000];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GettingATrashedArtifact_SaysWhereItIsAndHowToRestoreIt()
    {
        await using var test = await TestSession.OpenAsync();
        var artifact = await test.Session.StoreArtifactAsync("report", "text", cancellationToken: Token);
        await test.Session.DeleteArtifactAsync(artifact.Id, Token);

        var get = () => test.Session.GetArtifactAsync(artifact.Id, Token);

        await get.Should().ThrowAsync<NotFoundException>().WithMessage("*'report' v1*in the trash*RestoreArtifactAsync*");
        await test.Session.RestoreArtifactAsync(artifact.Id, Token);
        (await (await get()).ReadTextAsync(Token)).Should().Be("text");
    }

    [Fact]
    public async Task DeletingAName_MovesAllItsVersions()
    {
        await using var test = await TestSession.OpenAsync();
        for (var i = 0; i < 3; i++)
            await test.Session.StoreArtifactAsync("a", $"{i}", cancellationToken: Token);
        await test.Session.StoreArtifactAsync("b", "b", cancellationToken: Token);

        (await test.Session.DeleteArtifactsAsync("a", Token)).Should().Be(3);

        (await test.Session.DeleteArtifactsAsync("a", Token)).Should().Be(0);
        (await test.Session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(1);
        (await test.Session.StoreArtifactAsync("a", "again", cancellationToken: Token)).Version.Should().Be(4);
    }

    [Theory]
    [InlineData(OpenMode.Open, "*in the trash*RestoreSessionAsync*")]
    [InlineData(OpenMode.OpenOrCreate, "*in the trash*RestoreSessionAsync*")]
    public async Task OpeningATrashedSession_IsNotFound(OpenMode mode, string message)
    {
        await using var test = await TestSession.OpenAsync();
        await test.Store.DeleteSessionAsync(test.Session.Id, Token);
        await test.Store.DeleteSessionAsync(test.Session.Id, Token);

        var open = () => test.Store.OpenAsync(new() { SessionId = test.Session.Id, OpenMode = mode }, Token);

        await open.Should().ThrowAsync<NotFoundException>().WithMessage(message);
        await test.Store.RestoreSessionAsync(test.Session.Id, Token);
        await using var opened = await open();
    }

    [Fact]
    public async Task SessionObjectWhoseSessionWasPurgedAndMadeAnew_WritesNothingToTheNewOne()
    {
        await using var test = await TestSession.OpenAsync();
        var old = test.Session;
        await old.StoreArtifactAsync("a", "of the old one", cancellationToken: Token);
        await test.Store.DeleteSessionAsync(old.Id, Token);
        test.Time.Advance(TimeSpan.FromDays(1));
        await test.Store.PurgeAsync(Everything, Token);
        await using var made = await test.Store.OpenAsync(new() { SessionId = old.Id }, Token);
        await made.StoreArtifactAsync("a", "of the new one", cancellationToken: Token);
        var before = await test.Storage.Records.GetSessionAsync(old.Id, Token);
        using var client = old.Track(ScriptedChatClient.Answering("an answer"), "acme/m-1");
        Func<Task>[] writes =
        [
            () => old.StoreArtifactAsync("a", "too late", cancellationToken: Token),
            () => old.DeleteArtifactsAsync("a", Token),
            () => old.Responses.TrackAsync("a", new(), Token),
            () => old.Budget.ChangeAsync(new() { MaxCalls = 1 }, Token),
            () => old.CompleteAsync(Token),
            () => client.GetResponseAsync("a question", cancellationToken: Token),
        ];

        foreach (var write in writes)
            (await write.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.created_at");

        (await test.Storage.Records.GetSessionAsync(old.Id, Token)).Should().BeEquivalentTo(before);
        (await made.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(1);
        (await made.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task CallDuringWhichItsSessionIsDeleted_IsRecordedWithWhatItTook()
    {
        await using var test = await TestSession.OpenAsync();
        using var client = test.Session.Track(new ScriptedChatClient((_, _, _) => DeleteAndAnswerAsync()), "acme/m-1");

        var answer = await client.GetResponseAsync("a question", cancellationToken: Token);

        answer.Text.Should().Be("an answer");
        await test.Store.RestoreSessionAsync(test.Session.Id, Token);
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Succeeded);
        response.Usage!.Total.Should().Be(3);
        (await test.Session.Budget.GetStatusAsync(Token)).Settled.Tokens.Should().Be(3);

        async IAsyncEnumerable<ChatResponseUpdate> DeleteAndAnswerAsync()
        {
            await test.Store.DeleteSessionAsync(test.Session.Id, Token);
            yield return new(ChatRole.Assistant, "an answer");
            yield return new() { Contents = [new UsageContent(new() { InputTokenCount = 1, OutputTokenCount = 2 })] };
        }
    }

    [Fact]
    public async Task CreatingASessionThatIsInTheTrash_IsAConflictThatSaysSo()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Store.DeleteSessionAsync(test.Session.Id, Token);

        var create = () => test.Store.OpenAsync(new() { SessionId = test.Session.Id, OpenMode = OpenMode.Create }, Token);

        await create.Should().ThrowAsync<ConflictException>().WithMessage("*in the trash*RestoreSessionAsync*");
    }

    [Fact]
    public async Task OpenSessionWhoseRecordIsTrashedOrPurged_RefusesEveryWrite()
    {
        await using var test = await TestSession.OpenAsync();
        var id = test.Session.Id;
        Func<Task>[] writes =
        [
            () => test.Session.StoreArtifactAsync("a", "text", cancellationToken: Token),
            () => test.Session.CompleteAsync(Token),
            () => test.Session.Responses.TrackAsync("key", new(), Token),
        ];
        await test.Store.DeleteSessionAsync(id, Token);

        foreach (var write in writes)
            (await write.Should().ThrowAsync<ConflictException>().WithMessage($"*{id}*")).Which.Guard.Should().Be("session.trashed");
        await test.Store.PurgeAsync(Everything, Token);
        foreach (var write in writes)
            await write.Should().ThrowAsync<NotFoundException>().WithMessage($"*{id}*");
        (await test.Store.ListSessionsAsync(new() { Trash = TrashFilter.Include }, Token).ToListAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task DeletingOrRestoringAnUnknownSession_IsNotFound()
    {
        await using var test = await TestSession.OpenAsync();

        var delete = () => test.Store.DeleteSessionAsync("nobody", Token);
        var restore = () => test.Store.RestoreSessionAsync("nobody", Token);

        await delete.Should().ThrowAsync<NotFoundException>().WithMessage("*nobody*");
        await restore.Should().ThrowAsync<NotFoundException>().WithMessage("*nobody*");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ContentPurgedBeforeItsCommit_IsPutAgain(bool asStream)
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        var purges = 0;
        storage.BeforeCommit = commit =>
            commit.Artifacts.Count > 0 && purges++ < 3
                ? storage.Inner.Maintenance.PurgeAsync(Everything, test.Time.GetUtcNow(), Token)
                : Task.CompletedTask;

        var artifact = asStream
            ? await test.Session.StoreArtifactAsync("a", new MemoryStream(Large), cancellationToken: Token)
            : await test.Session.StoreArtifactAsync("a", Large, cancellationToken: Token);

        purges.Should().Be(4);
        (await artifact.ReadBytesAsync(Token)).Should().Equal(Large);
    }

    [Fact]
    public async Task ConsumedStreamWhoseContentWasPurged_IsATransientFailure()
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        storage.BeforeCommit = _ => storage.Inner.Maintenance.PurgeAsync(Everything, test.Time.GetUtcNow(), Token);

        var store = () => test.Session.StoreArtifactAsync("a", new OneWayStream(Large), cancellationToken: Token);

        var failure = (await store.Should().ThrowAsync<StorageException>().WithMessage("*store it again*")).Which;
        failure.IsTransient.Should().BeTrue();
        (await test.Session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(0);
    }

    [Fact]
    public async Task EveryCommit_CarriesAllContentThatItNamesAndSaysWhichSessionItMeans()
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        var carried = new HashSet<ContentDigest>();
        var named = new HashSet<ContentDigest>();
        storage.BeforeCommit = commit =>
        {
            carried.UnionWith(commit.Contents.Select(content => content.Digest));
            named.UnionWith(commit.Artifacts.Select(artifact => artifact.Digest));
            named.UnionWith(commit.Responses.SelectMany(ContentNames.Of).Select(content => content.Digest));
            named.Except(carried).Should().BeEmpty("{0} names them", commit);
            commit.SessionCreatedAt.Should().Be(test.Session.Info.CreatedAt, "another session may have its id by now");
            return Task.CompletedTask;
        };
        var image = new DataContent(new byte[] { 1, 2, 3 }, "image/png");
        var largeImage = new DataContent(Large, "image/png");

        var stored = await test.Session.StoreArtifactAsync("a", "text", cancellationToken: Token);
        await test.Session.StoreArtifactAsync("b", Large, cancellationToken: Token);
        ChatMessage[] messages =
        [
            new(ChatRole.System, "be kind"),
            new(ChatRole.User, [await stored.AsContentAsync(Token), image, largeImage]),
        ];
        await test
            .Session.Track(ScriptedChatClient.Answering("fine"), "acme/m")
            .GetResponseAsync(messages, new() { Temperature = 0 }, Token);

        named.Count.Should().BeGreaterThanOrEqualTo(6);
        carried.Should().Contain([ContentDigest.Of([1, 2, 3]), ContentDigest.Of(Large)]);
        var purge = await storage.Inner.Maintenance.PurgeAsync(Everything, test.Time.GetUtcNow(), Token);
        purge.Should().Be(new PurgeReport(), "all of it is used");
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).FirstAsync(Token);
        var request = await test.Session.Responses.ReadRequestAsync(response, Token);
        request[1].Contents.OfType<DataContent>().Select(data => data.Data.Length).Should().Equal(3, Large.Length);
    }

    [Fact]
    public async Task NegativeTimes_AreRefused()
    {
        await using var test = await TestSession.OpenAsync();

        var trashed = () => test.Store.PurgeAsync(new() { TrashedFor = TimeSpan.FromTicks(-1) }, Token);
        var grace = () => test.Store.PurgeAsync(new() { GracePeriod = TimeSpan.FromTicks(-1) }, Token);

        await trashed.Should().ThrowAsync<ArgumentOutOfRangeException>();
        await grace.Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Reports_ReadWell()
    {
        new PurgeReport
        {
            Sessions = 1,
            Artifacts = 2000,
            Contents = 3,
            Bytes = 12345,
            Condemned = 1,
        }
            .ToString()
            .Should()
            .Be(
                "purged 1 session, 2,000 artifacts, 0 responses, 0 messages and 3 contents of 12,345 bytes; 1 unused content kept for the grace period"
            );
        new RetentionReport
        {
            IsDryRun = true,
            Artifacts = 1,
            Bytes = 7,
        }
            .ToString()
            .Should()
            .Be("would move 0 sessions and 1 artifact of 7 bytes to the trash");
    }

    private sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
