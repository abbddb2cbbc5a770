using System.Globalization;
using Dossier.Storage;
using Dossier.Tests.Storage;

namespace Dossier.Tests.Faults;

/// <summary>An erasure that is killed, and an erasure beside processes that write.</summary>
public sealed class ErasureFaultsTests : IDisposable
{
    private const int Kills = 12;
    private const int MostLines = 24; // of ten for a session
    private const int Commits = 40;
    private const string Secret = "nightingale";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task KilledErasures_AreWholeAfterTheNextOpening()
    {
        var secrets = new Dictionary<string, string>();
        var erased = new HashSet<string>();
        var kept = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await EraseAndKillAsync(secrets, erased, kept);

            await using var storage = await OpenAsync();
            await using var store = new SessionStore(storage);
            foreach (var (id, secret) in secrets)
                await ShouldBeThereOrErasedAsync(storage, id, secret);
            var there = await store.ListSessionsAsync(cancellationToken: Token).Select(it => it.Id).ToListAsync(Token);
            there.Should().NotIntersectWith(erased, "what was acknowledged is erased");
            var artifacts = await store.ListArtifactsAsync(new() { Name = "kept" }, Token).Select(it => it.Id).ToListAsync(Token);
            kept.Except(artifacts).Should().BeEmpty("what was acknowledged is there");
            var report = await store.VerifyAsync(cancellationToken: Token);
            report.IsClean.Should().BeTrue(report.ToString());
        }
        erased.Should().NotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(LocalErasureTests.Points), MemberType = typeof(LocalErasureTests))]
    public async Task ErasureThatIsKilled_IsNeverHalfVisible_AndTheNextErasureFinishesIt(string point)
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        await SecretSession.FillAsync(store, "gone", Secret);
        using var child = Child.Start(Child.Command("erase-stay", _directory.Path, "gone", point));
        (await child.StandardOutput.ReadLineAsync(Token)).Should().Be(point);

        await ShouldBeGoneAsync(store, "the child is still at it");
        child.Kill();
        await child.WaitForExitAsync(Token);
        await ShouldBeGoneAsync(store, "the child has died");
        (await storage.Records.GetErasureAsync("gone", Token))!.IsComplete.Should().BeFalse();
        (await store.EraseSessionAsync("gone", cancellationToken: Token)).Sessions.Should().Be(0, "the child has erased it");

        (await storage.Records.GetErasureAsync("gone", Token))!.IsComplete.Should().BeTrue();
        StoreFiles.With(_directory.Path, Secret).Should().BeEmpty();
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
    }

    [Fact]
    public async Task ErasuresBesideFourProcesses_LoseNothingElse()
    {
        await using var storage = await OpenAsync();
        await using var store = new SessionStore(storage);
        var children = Enumerable
            .Range(0, 4)
            .Select(i =>
                Child.Start(Child.Command("turns", _directory.Path, $"s-{i % 2}", "shared", Commits.ToString(CultureInfo.InvariantCulture)))
            )
            .ToList();
        foreach (var child in children)
            (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("ready");
        foreach (var child in children)
            await child.StandardInput.WriteLineAsync("go");
        var writing = Task.WhenAll(children.Select(Child.ReadLinesAsync));

        // Of the same contents as theirs beside its own, so that what they store was often just condemned.
        var erased = 0;
        for (; !writing.IsCompleted || erased == 0; erased++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"gone-{erased}");
            await using (var session = await store.OpenAsync(new() { SessionId = id }, Token))
            {
                await session.StoreArtifactAsync("same", $"shared {erased % Commits}", cancellationToken: Token);
                await session.StoreArtifactAsync("same", $"shared {erased % Commits}".PadRight(70_000), cancellationToken: Token);
            }
            await SecretSession.FillAsync(store, id, Secret);
            (await store.EraseSessionAsync(id, cancellationToken: Token)).Sessions.Should().Be(1);
        }

        (await writing).Sum(lines => lines.Length).Should().Be(4 * Commits);
        foreach (var id in new[] { "s-0", "s-1" })
        {
            await using var session = await store.OpenAsync(new() { SessionId = id, OpenMode = OpenMode.Open }, Token);
            var artifacts = await session.ListArtifactsAsync(new() { Name = "shared" }, Token).ToListAsync(Token);
            artifacts.Select(artifact => artifact.Version).Should().Equal(Enumerable.Range(1, 2 * Commits));
            foreach (var artifact in artifacts)
                ContentDigest.Of(await artifact.ReadBytesAsync(Token)).Should().Be(artifact.Digest);
        }
        (await store.ListErasuresAsync(Token).CountAsync(it => it.IsComplete, Token)).Should().Be(erased);
        StoreFiles.With(_directory.Path, Secret).Should().BeEmpty();
        var report = await store.VerifyAsync(cancellationToken: Token);
        report.IsClean.Should().BeTrue(report.ToString());
        children.ForEach(child => child.Dispose());
    }

    private Task EraseAndKillAsync(Dictionary<string, string> secrets, HashSet<string> erased, HashSet<string> kept) =>
        Child.KillAsync(
            Child.Command("erase", _directory.Path),
            Random.Shared.Next(1, MostLines),
            line =>
            {
                switch (line.Split(' '))
                {
                    case ["filled", var id, var secret, "."]:
                        secrets.Add(id, secret);
                        break;
                    case ["erased", var id, "."]:
                        erased.Add(id);
                        break;
                    case ["kept", var id, "."]:
                        kept.Add(id);
                        break;
                }
            }
        );

    /// <summary>Whole, or with nothing left of it: neither for readers nor in the files.</summary>
    private async Task ShouldBeThereOrErasedAsync(LocalStorage storage, string id, string secret)
    {
        var artifacts = (await storage.Records.QueryArtifactsAsync(id, new(), null, Token)).Items.Count;
        var responses = (await storage.Records.QueryResponsesAsync(id, new(), null, Token)).Items.Count;
        var messages = (await storage.Records.CountMessagesAsync(id, Token)).Messages;
        if (await storage.Records.GetSessionAsync(id, Token) is not null)
        {
            (artifacts, responses, messages).Should().Be((4, SecretSession.Turns, 2 * SecretSession.Turns));
            (await storage.Records.GetErasureAsync(id, Token)).Should().BeNull();
            return;
        }
        (artifacts, responses, messages).Should().Be((0, 0, 0));
        var erasure = await storage.Records.GetErasureAsync(id, Token);
        (erasure!.IsComplete, erasure.Artifacts, erasure.Responses).Should().Be((true, 4, SecretSession.Turns));
        StoreFiles.With(_directory.Path, secret).Should().BeEmpty();
    }

    private static async Task ShouldBeGoneAsync(SessionStore store, string because)
    {
        (await store.ListSessionsAsync(new() { Trash = TrashFilter.Include }, Token).ToListAsync(Token)).Should().BeEmpty(because);
        (await store.ListArtifactsAsync(new() { Trash = TrashFilter.Include }, Token).ToListAsync(Token)).Should().BeEmpty(because);
        (await store.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(0, because);
        (await store.SearchAsync(Secret, cancellationToken: Token)).Hits.Should().BeEmpty(because);
        await store
            .Invoking(it => it.OpenAsync(new() { SessionId = "gone", OpenMode = OpenMode.Open }, Token))
            .Should()
            .ThrowAsync<NotFoundException>(because);
    }

    private async Task<LocalStorage> OpenAsync()
    {
        var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        return storage;
    }
}
