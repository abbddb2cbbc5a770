using System.Globalization;
using Dossier.Storage;

namespace Dossier.Tests.Faults;

/// <summary>A process that is killed while it forks.</summary>
public sealed class ForkFaultsTests : IDisposable
{
    private const int Kills = 10;
    private const int MostLines = 12;
    private const int Artifacts = 200;
    private const string Original = "original";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task KilledForks_AreWholeOrNotThere()
    {
        await FillAsync();
        var forked = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
            await Child.KillAsync(
                Child.Command("fork", _directory.Path, Original),
                Random.Shared.Next(1, MostLines),
                line =>
                {
                    if (line.Split(' ') is ["forked", var id, "."])
                        forked.Add(id);
                }
            );

        await using var storage = new LocalStorage(_directory.Path);
        await using var store = new SessionStore(storage);
        var sessions = await store.ListSessionsAsync(cancellationToken: Token).Select(it => it.Id).ToListAsync(Token);
        forked.Should().NotBeEmpty().And.BeSubsetOf(sessions, "what was acknowledged is there");
        await store.EraseSessionAsync(Original, cancellationToken: Token);
        foreach (var id in sessions.Where(id => id != Original))
        {
            var artifacts = await storage.Records.CountArtifactsAsync(id, new(), Token);
            var responses = await storage.Records.QueryResponsesAsync(id, new(), null, Token);
            var messages = await storage.Records.CountMessagesAsync(id, Token);
            (artifacts.Sum(it => it.Count), responses.Items.Count, messages.Messages)
                .Should()
                .Be((Artifacts + 4, SecretSession.Turns, 2 * SecretSession.Turns), "of {0}", id);
        }
        var report = await store.VerifyAsync(cancellationToken: Token);
        report.IsClean.Should().BeTrue(report.ToString());
    }

    private async Task FillAsync()
    {
        await using var storage = new LocalStorage(_directory.Path);
        await using var store = new SessionStore(storage);
        await SecretSession.FillAsync(store, Original, "nightingale");
        await using var session = await store.OpenAsync(new() { SessionId = Original, OpenMode = OpenMode.Open }, Token);
        for (var i = 0; i < Artifacts; i++)
            await session.StoreArtifactAsync("page", i.ToString(CultureInfo.InvariantCulture), cancellationToken: Token);
    }
}
