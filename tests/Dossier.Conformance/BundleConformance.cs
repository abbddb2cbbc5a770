using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Conformance;

/// <summary>Bundles: a session that is exported and imported again is the same session.</summary>
public abstract class BundleConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Id = "talk";
    private static readonly byte[] Large = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 251))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Imported_IsTheSameSession()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        var bundle = await ExportAsync(session);
        await using var other = new SessionStore(new MemoryStorage(), ownsStorage: true);

        var info = await other.ImportAsync(bundle, cancellationToken: Token);
        await using var copy = await other.OpenAsync(new() { SessionId = Id, OpenMode = OpenMode.Open }, Token);

        info.Should().BeEquivalentTo((await Records.GetSessionAsync(Id, Token))!, options => options.Excluding(it => it.Revision));
        (await TextOfAsync(copy)).Should().Be("a one c three");
        (await copy.Conversation().ListBranchesAsync(Token).CountAsync(Token)).Should().Be(2);
        (await copy.FindArtifactAsync("large", cancellationToken: Token))!.Record.IsPinned.Should().BeTrue();
        (await (await copy.FindArtifactAsync("large", cancellationToken: Token))!.ReadBytesAsync(Token)).Should().Equal(Large);
        (await (await copy.FindArtifactAsync("notes", 1, Token))!.ReadTextAsync(Token)).Should().Be("first");
        (await copy.Steps.RunAsync("length", ["first"], FailAsync, null, Token)).Value.Should().Be(5);
        (await other.Services.Storage.Records.GetBudgetAsync(Id, Token))!
            .Settled.Should()
            .Be((await Records.GetBudgetAsync(Id, Token))!.Settled);
        (await other.VerifyAsync(cancellationToken: Token)).Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task ExportedAgain_IsTheSameBytes()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        var bundle = await ExportAsync(session);
        await using var memory = new SessionStore(new MemoryStorage(), ownsStorage: true);

        await memory.ImportAsync(bundle, cancellationToken: Token);
        await using var copy = await memory.OpenAsync(new() { SessionId = Id }, Token);

        DigestOf(await ExportAsync(session)).Should().Be(DigestOf(bundle));
        DigestOf(await ExportAsync(copy)).Should().Be(DigestOf(bundle));
    }

    [Fact]
    public async Task ImportedBack_IsTheSameBytesAndGoesOn()
    {
        await using var memory = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await OpenAsync(memory);
        await FillAsync(session);
        var bundle = await ExportAsync(session);
        await using var store = new SessionStore(Storage);
        await using (var before = await store.OpenAsync(new() { SessionId = "before" }, Token))
            await SendAsync(before, "x", "y");

        await store.ImportAsync(bundle, cancellationToken: Token);
        await using var copy = await store.OpenAsync(new() { SessionId = Id, OpenMode = OpenMode.Open }, Token);

        DigestOf(await ExportAsync(copy)).Should().Be(DigestOf(bundle));
        await SendAsync(copy, "d", "four");
        (await TextOfAsync(copy)).Should().Be("a one c three d four");
        (await copy.StoreArtifactAsync("notes", "third", cancellationToken: Token)).Version.Should().Be(3);
        (await store.VerifyAsync(cancellationToken: Token)).Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task TakenId_IsRefusedAndAnotherOneIsNot()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        var bundle = await ExportAsync(session);

        var again = async () => await store.ImportAsync(bundle, cancellationToken: Token);
        (await again.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.revision");
        bundle.Position = 0;
        var info = await store.ImportAsync(bundle, new() { SessionId = "copy" }, Token);
        await using var copy = await store.OpenAsync(new() { SessionId = "copy", OpenMode = OpenMode.Open }, Token);

        info.Id.Should().Be("copy");
        (await TextOfAsync(copy)).Should().Be("a one c three");
        (await (await copy.FindArtifactAsync("notes", cancellationToken: Token))!.ReadTextAsync(Token)).Should().Be("second");
        (await store.VerifyAsync(cancellationToken: Token)).Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task ErasedSession_IsNeitherExportedNorBroughtBack()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        var bundle = await ExportAsync(session);
        await store.EraseSessionAsync(Id, cancellationToken: Token);

        var exporting = () => ExportAsync(session);
        var importing = () => store.ImportAsync(bundle, cancellationToken: Token);

        (await exporting.Should().ThrowAsync<NotFoundException>()).WithMessage("*was erased on*");
        (await importing.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.erased");
        (await Storage.Contents.ListAsync(Token).CountAsync(Token)).Should().Be(0, "nothing was written for it");
        bundle.Position = 0;
        (await store.ImportAsync(bundle, new() { SessionId = "again" }, Token)).Id.Should().Be("again");
        (await store.VerifyAsync(cancellationToken: Token)).Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task SessionThatKeepsNoTexts_IsCarriedWithoutThem()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = "quiet", Capture = Capture.DigestsOnly }, Token);
        await session.Track(ScriptedChatClient.Answering("secret answer"), "test/model").GetResponseAsync("secret question", null, Token);
        await session.StoreArtifactAsync("kept", "artifact", cancellationToken: Token);
        var bundle = await ExportAsync(session);
        await using var other = new SessionStore(new MemoryStorage(), ownsStorage: true);

        await other.ImportAsync(bundle, cancellationToken: Token);
        await using var copy = await other.OpenAsync(new() { SessionId = "quiet", OpenMode = OpenMode.Open }, Token);

        var original = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        (await copy.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).Should().BeEquivalentTo(original);
        (await (await copy.FindArtifactAsync("kept", cancellationToken: Token))!.ReadTextAsync(Token)).Should().Be("artifact");
        (await other.VerifyAsync(cancellationToken: Token)).Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task TrashedSession_IsNotExportedAndKeepsItsId()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        var bundle = await ExportAsync(session);
        await store.DeleteSessionAsync(Id, Token);

        var export = async () => await ExportAsync(session);
        var import = async () => await store.ImportAsync(bundle, cancellationToken: Token);

        await export.Should().ThrowAsync<NotFoundException>().WithMessage("*trash*RestoreSessionAsync*");
        (await import.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.revision");
    }

    [Fact]
    public async Task ImportsAtOnce_MakeOneSession()
    {
        await using var memory = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await OpenAsync(memory);
        await FillAsync(session);
        var bytes = (await ExportAsync(session)).ToArray();
        await using var store = new SessionStore(Storage);

        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        try
                        {
                            await store.ImportAsync(new MemoryStream(bytes), cancellationToken: Token);
                            return "imported";
                        }
                        catch (ConflictException e)
                        {
                            return e.Guard;
                        }
                    })
                )
        );

        outcomes.Should().BeEquivalentTo("imported", "session.revision", "session.revision", "session.revision");
        await using var copy = await store.OpenAsync(new() { SessionId = Id, OpenMode = OpenMode.Open }, Token);
        DigestOf(await ExportAsync(copy)).Should().Be(ContentDigest.Of(bytes));
    }

    [Fact]
    public async Task Fork_IsCarriedWithoutItsOriginal()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await FillAsync(session);
        await using var fork = await session.ForkAsync(new() { SessionId = "fork" }, Token);
        await SendAsync(fork, "d", "four");
        var bundle = await ExportAsync(fork);
        await using var other = new SessionStore(new MemoryStorage(), ownsStorage: true);

        var info = await other.ImportAsync(bundle, cancellationToken: Token);
        await using var copy = await other.OpenAsync(new() { SessionId = "fork", OpenMode = OpenMode.Open }, Token);

        info.ForkedFrom!.SessionId.Should().Be(Id);
        (await TextOfAsync(copy)).Should().Be("a one c three d four");
        (await OriginsOfAsync(copy)).Should().Equal(await OriginsOfAsync(fork)).And.Contain(it => it != null && it.SessionId == Id);
        (await copy.GetSummaryAsync(Token)).Inherited.Should().BeEquivalentTo((await fork.GetSummaryAsync(Token)).Inherited);
        DigestOf(await ExportAsync(copy)).Should().Be(DigestOf(bundle));
        (await other.VerifyAsync(cancellationToken: Token)).Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Imported_IsFoundByItsText()
    {
        await using var memory = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await OpenAsync(memory);
        await session.StoreArtifactAsync("notes", "The quick brown fox.", cancellationToken: Token);
        await using var store = new SessionStore(Storage);

        await store.ImportAsync(await ExportAsync(session), cancellationToken: Token);

        // As long as it takes on a busy machine.
        var found = await store.SearchAsync("fox", new() { CatchUpLimit = TimeSpan.FromMinutes(5) }, Token);
        found.Hits.Should().ContainSingle().Which.Artifact.Name.Should().Be("notes");
    }

    [Fact]
    public async Task ScopedStore_ImportsWhatIsItsOwnersOrNobodys()
    {
        await using var store = new SessionStore(Storage);
        await using var memory = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var nobodys = await memory.OpenAsync(new() { SessionId = "nobodys" }, Token);
        await SendAsync(nobodys, "a", "one");
        await using var adas = await memory.ForOwner("ada").OpenAsync(new() { SessionId = "adas" }, Token);
        await SendAsync(adas, "b", "two");

        await store.ForOwner("ada").ImportAsync(await ExportAsync(adas), cancellationToken: Token);
        var info = await store.ForOwner("eve").ImportAsync(await ExportAsync(nobodys), cancellationToken: Token);
        var theft = async () => await store.ForOwner("eve").ImportAsync(await ExportAsync(adas), new() { SessionId = "mine" }, Token);

        info.Owner.Should().Be("eve");
        (await theft.Should().ThrowAsync<OwnerScopeException>()).Which.Owner.Should().Be("eve");
        await using var read = await store.ForOwner("eve").OpenAsync(new() { SessionId = "nobodys", OpenMode = OpenMode.Open }, Token);
        (await TextOfAsync(read)).Should().Be("a one");
        (await store.CountSessionsAsync(cancellationToken: Token)).Should().Be(2);
    }

    [Fact]
    public async Task ContentThatOnlyAMessageSpeaksOf_IsNotHadThroughABundle()
    {
        await using var store = new SessionStore(Storage);
        await using var secret = await store.ForOwner("ada").OpenAsync(new() { SessionId = "secret" }, Token);
        var stored = await secret.StoreArtifactAsync("secret", Large, cancellationToken: Token);
        await using var memory = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await memory.OpenAsync(new() { SessionId = "thief" }, Token);
        await SendAsync(session, $"dossier-content:{stored.Record.Digest}", "one");

        await using var owned = await memory.OpenAsync(new() { SessionId = "eves", Owner = "eve" }, Token);
        await SendAsync(owned, $"dossier-content:{stored.Record.Digest}", "one");

        var import = async () => await store.ForOwner("eve").ImportAsync(await ExportAsync(session), cancellationToken: Token);
        var help = async () => await store.ImportAsync(await ExportAsync(owned), cancellationToken: Token);

        (await import.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("content.owner");
        (await help.Should().ThrowAsync<ConflictException>("it would be hers")).Which.Guard.Should().Be("content.owner");
        (await store.ForOwner("eve").CountSessionsAsync(cancellationToken: Token)).Should().Be(0);
    }

    [Fact]
    public async Task WhatIsUnderWayOrInTheTrash_StaysBehind()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        var gone = await session.StoreArtifactAsync("gone", "deleted", cancellationToken: Token);
        await session.DeleteArtifactAsync(gone.Id, Token);
        await Records.CommitAsync(
            NewCommit(Id) with
            {
                Responses = [NewResponse() with { Outcome = ResponseOutcome.InProgress }, NewResponse("done")],
            },
            Token
        );
        await using var other = new SessionStore(new MemoryStorage(), ownsStorage: true);

        await other.ImportAsync(await ExportAsync(session), cancellationToken: Token);
        await using var copy = await other.OpenAsync(new() { SessionId = Id }, Token);

        (await copy.ListArtifactsAsync(new() { Trash = TrashFilter.Include }, Token).CountAsync(Token)).Should().Be(0);
        (await copy.Responses.ListAsync(cancellationToken: Token).Select(it => it.Key).ToListAsync(Token)).Should().Equal("done");
    }

    [Fact]
    public async Task WrittenToWhileItIsRead_IsCarriedAsOfOneMoment()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        await session.StoreArtifactAsync("first", "first", cancellationToken: Token);
        var records = Storage.Records;
        // From now on the time of the session says nothing of what others write.
        await records.CommitAsync(NewCommit(Id) with { At = DateTimeOffset.UtcNow.AddYears(1), Responses = [NewResponse("ahead")] }, Token);
        var before = (await records.GetSessionAsync(Id, Token))!;
        var watched = new WatchedStorage(Storage, WriteAsync);

        using var bundle = new MemoryStream();
        await BundleExport.WriteAsync(watched, Id, bundle, new(), Token);

        var after = (await records.GetSessionAsync(Id, Token))!;
        (after.Revision, after.UpdatedAt).Should().Be((before.Revision, before.UpdatedAt));
        bundle.Position = 0;
        await using var other = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await other.ImportAsync(bundle, cancellationToken: Token);
        await using var copy = await other.OpenAsync(new() { SessionId = Id, OpenMode = OpenMode.Open }, Token);
        (await copy.Responses.ListAsync(cancellationToken: Token).Select(it => it.Key).ToListAsync(Token)).Should().Equal("ahead", "late");
        (await copy.ListArtifactsAsync(cancellationToken: Token).Select(it => it.Name).ToListAsync(Token)).Should().Equal("first", "late");

        async Task WriteAsync()
        {
            if (await records.FindResponseAsync(Id, "late", Token) is not null)
                return;
            var artifact = NewArtifact("late", "first") with { SessionId = Id };
            var response = NewResponse("late") with { InputArtifacts = [artifact.Id] };
            await records.CommitAsync(NewCommit(Id) with { Artifacts = [artifact], Responses = [response] }, Token);
        }
    }

    [Fact]
    public async Task SessionThatIsWrittenToAllTheTime_IsNotExported()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        var records = Storage.Records;
        var watched = new WatchedStorage(Storage, WriteAsync);

        var export = () => BundleExport.WriteAsync(watched, Id, new MemoryStream(), new(), Token);

        (await export.Should().ThrowAsync<StorageException>().WithMessage("*was written to each of 16 times*"))
            .Which.IsTransient.Should()
            .BeTrue();

        async Task WriteAsync()
        {
            await records.CommitAsync(NewCommit(Id) with { Responses = [NewResponse()] }, Token);
        }
    }

    [Fact]
    public async Task StepWhoseResultIsDeleted_IsCarriedWithoutIt()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        var step = await session.Steps.RunAsync("length", ["first"], _ => Task.FromResult(5), null, Token);
        var record = (await Records.GetStepAsync(Id, step.Key, Token))!;
        await session.DeleteArtifactAsync(record.ResultArtifact!, Token);
        await using var other = new SessionStore(new MemoryStorage(), ownsStorage: true);

        await other.ImportAsync(await ExportAsync(session), cancellationToken: Token);
        await using var copy = await other.OpenAsync(new() { SessionId = Id }, Token);

        var carried = await copy.Steps.ListAsync(cancellationToken: Token).SingleAsync(Token);
        (carried.Status, carried.ResultArtifact, carried.ResultDigest).Should().Be((StepStatus.Kept, null, null));
        (await copy.Steps.RunAsync("length", ["first"], _ => Task.FromResult(6), null, Token)).Value.Should().Be(6);
    }

    [Fact]
    public async Task DamagedContent_IsNotExported()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await OpenAsync(store);
        var artifact = await session.StoreArtifactAsync("large", Large, cancellationToken: Token);
        Fixture.Damage(Storage, artifact.Record.Digest);
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.CreateVersion7():N}.zip");

        var export = async () => await session.ExportAsync(path, cancellationToken: Token);

        await export.Should().ThrowAsync<StorageException>().WithMessage("*damaged*");
        Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(path) + "*").Should().BeEmpty();
    }

    private static Task<int> FailAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("It is kept already.");

    private static async Task<MemoryStream> ExportAsync(Session session)
    {
        var bundle = new MemoryStream();
        await session.ExportAsync(bundle, cancellationToken: Token);
        bundle.Position = 0;
        return bundle;
    }

    private static async Task<List<ResponseOrigin?>> OriginsOfAsync(Session session) =>
        await session.Responses.ListAsync(cancellationToken: Token).Select(response => response.InheritedFrom).ToListAsync(Token);

    private static ContentDigest DigestOf(MemoryStream bundle) => ContentDigest.Of(bundle.ToArray());

    private static Task<Session> OpenAsync(SessionStore store) =>
        store.OpenAsync(
            new()
            {
                SessionId = Id,
                Name = "Talk",
                Tags = ["one", "two"],
                ApplicationVersion = "1.0",
                Budget = new() { MaxCalls = 100 },
            },
            Token
        );

    private static async Task FillAsync(Session session)
    {
        var metadata = new Dictionary<string, object?> { ["pages"] = 3, ["ratio"] = 1.50m };
        await session.StoreArtifactAsync("notes", "first", metadata: metadata, cancellationToken: Token);
        await SendAsync(session, "a", "one");
        await session.Steps.RunAsync("length", ["first"], _ => Task.FromResult(5), null, Token);
        await SendAsync(session, "b", "two");
        await session.Conversation().UndoAsync(cancellationToken: Token);
        await SendAsync(session, "c", "three");
        await session
            .Conversation("other")
            .AppendAsync([new(ChatRole.User, [new DataContent(Large.AsMemory(0, 70_000), "image/png")])], Token);
        await session.StoreArtifactAsync("notes", "second", cancellationToken: Token);
        var large = await session.StoreArtifactAsync("large", Large, cancellationToken: Token);
        await session.PinArtifactAsync(large.Id, Token);
        await session.Responses.TrackAsync(
            "score",
            new()
            {
                Cost = new() { Amount = 0.10m, PriceSource = new("test") },
            },
            Token
        );
    }

    private static Task<ChatResponse> SendAsync(Session session, string message, string answer) =>
        session
            .Conversation()
            .AsChatClient(session.Track(Client(answer), "scripted/script-1"))
            .GetResponseAsync(message, cancellationToken: Token);

    private static async Task<string> TextOfAsync(Session session) =>
        string.Join(' ', await session.Conversation().ReadAsync(cancellationToken: Token).Select(it => it.Text).ToListAsync(Token));

    private static ScriptedChatClient Client(string answer) => ScriptedChatClient.Answering(answer);
}
