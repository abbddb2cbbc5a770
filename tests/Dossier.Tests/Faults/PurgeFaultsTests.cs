using System.Globalization;
using Dossier.Storage;
using Dossier.Tests.Storage;

namespace Dossier.Tests.Faults;

/// <summary>A purge that is killed, and a purge beside processes that write.</summary>
public sealed class PurgeFaultsTests : IDisposable
{
    private const int Kills = 12;
    private const int MostLines = 20;
    private const int Commits = 60;
    private static readonly PurgeOptions Everything = new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task KilledPurges_LoseNothingAndTheNextOneFinishes()
    {
        var kept = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
            await Child.KillAsync(
                Child.Command("purge", _directory.Path, "s"),
                Random.Shared.Next(1, MostLines),
                line =>
                {
                    if (line.Split(' ') is ["kept", var id, "."])
                        kept.Add(id);
                }
            );

        await using var storage = new LocalStorage(_directory.Path);
        await using var store = new SessionStore(storage);
        await store.PurgeAsync(Everything, Token);
        (await store.PurgeAsync(Everything, Token)).Should().Be(new PurgeReport(), "nothing is left to do");
        var artifacts = await store.ListArtifactsAsync(new() { Name = "kept" }, Token).ToListAsync(Token);
        kept.Except(artifacts.Select(artifact => artifact.Id)).Should().BeEmpty("what was acknowledged is there");
        var report = await store.VerifyAsync(cancellationToken: Token);
        report.IsClean.Should().BeTrue(report.ToString());
        var all = await store.ListArtifactsAsync(new() { Trash = TrashFilter.Include }, Token).ToListAsync(Token);
        var files = await storage.Contents.ListAsync(Token).ToListAsync(Token);
        files.Except(all.Select(artifact => artifact.Digest)).Should().BeEmpty("every file is of a record");
        var indexed = StoreFiles.Indexed(_directory.Path);
        indexed.Should().NotBeEmpty();
        indexed.Except(StoreFiles.Places(_directory.Path)).Should().BeEmpty("no word of what was purged is left");
    }

    [Fact]
    public async Task PurgeBesideFourProcesses_LosesNothing()
    {
        await using var storage = new LocalStorage(_directory.Path);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, Token);
        var children = Enumerable
            .Range(0, 4)
            .Select(_ =>
                Child.Start(Child.Command("turns", _directory.Path, "s", "shared", Commits.ToString(CultureInfo.InvariantCulture)))
            )
            .ToList();
        foreach (var child in children)
            (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("ready");
        foreach (var child in children)
            await child.StandardInput.WriteLineAsync("go");
        var writing = Task.WhenAll(children.Select(Child.ReadLinesAsync));

        // Of the same contents as theirs, so that what they store was often just condemned.
        for (var i = 0; !writing.IsCompleted; i++)
        {
            var text = $"shared {i % Commits}";
            var inline = await session.StoreArtifactAsync("same", text, cancellationToken: Token);
            var file = await session.StoreArtifactAsync("same", text.PadRight(70_000), cancellationToken: Token);
            await session.DeleteArtifactAsync(inline.Id, Token);
            await session.DeleteArtifactAsync(file.Id, Token);
            await store.PurgeAsync(Everything, Token);
        }

        (await writing).Sum(lines => lines.Length).Should().Be(4 * Commits);
        var artifacts = await session.ListArtifactsAsync(new() { Name = "shared" }, Token).ToListAsync(Token);
        artifacts.Select(artifact => artifact.Version).Should().Equal(Enumerable.Range(1, 4 * Commits));
        foreach (var artifact in artifacts)
            ContentDigest.Of(await artifact.ReadBytesAsync(Token)).Should().Be(artifact.Digest);
        artifacts.Should().Contain(artifact => artifact.Size > storage.InlineLimit, "files were purged, too");
        children.ForEach(child => child.Dispose());
    }

    [Fact]
    public async Task TrashedArtifactThatCannotBeDecoded_IsPurged()
    {
        await using var storage = new LocalStorage(_directory.Path);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, Token);
        foreach (var name in new[] { "damaged", "whole" })
        {
            var metadata = new Dictionary<string, object?> { ["topic"] = name };
            var artifact = await session.StoreArtifactAsync(name, name, metadata: metadata, cancellationToken: Token);
            await session.DeleteArtifactAsync(artifact.Id, Token);
        }
        StoreFiles.Execute(_directory.Path, "UPDATE artifacts SET metadata = '{' WHERE name = 'damaged'");

        var report = await store.PurgeAsync(Everything, Token);

        report
            .Should()
            .Be(
                new PurgeReport
                {
                    Artifacts = 2,
                    Contents = 2,
                    Bytes = "damaged".Length + "whole".Length,
                }
            );
        var query = new ArtifactQuery
        {
            Metadata = new Dictionary<string, object?> { ["topic"] = "damaged" },
            Trash = TrashFilter.Include,
        };
        (await store.ListArtifactsAsync(query, Token).ToListAsync(Token)).Should().BeEmpty();
        StoreFiles.Execute(_directory.Path, "SELECT count(*) FROM facts").Should().Be(0L, "nor is what it was");
    }

    [Fact]
    public async Task ResponseThatCannotBeDecoded_KeepsAllContent()
    {
        await using var storage = new LocalStorage(_directory.Path);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, Token);
        var artifact = await session.StoreArtifactAsync("a", "text", cancellationToken: Token);
        await session.DeleteArtifactAsync(artifact.Id, Token);
        await session.Responses.TrackAsync("damaged", new(), Token);
        StoreFiles.Execute(_directory.Path, "UPDATE responses SET body = '{'");

        var report = await store.PurgeAsync(Everything, Token);

        report.Should().Be(new PurgeReport { Artifacts = 1, UnreadableMessages = 1 }, "nobody knows what it names");
    }

    [Fact]
    public async Task FileWhoseRowIsDamaged_StaysForWhatNamesIt()
    {
        await using var storage = new LocalStorage(_directory.Path);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, Token);
        var artifact = await session.StoreArtifactAsync("large", new byte[100_000], "binary", cancellationToken: Token);
        StoreFiles.Execute(_directory.Path, "UPDATE contents SET digest = x'00'");

        await store.PurgeAsync(Everything, Token);

        File.Exists(StoreFiles.Content(_directory.Path, artifact.Digest)).Should().BeTrue();
        await session.StoreArtifactAsync("again", new byte[100_000], "binary", cancellationToken: Token);
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue("whoever stores it again repairs it");
    }
}
