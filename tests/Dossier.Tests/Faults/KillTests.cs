using System.Globalization;
using Dossier.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Faults;

/// <summary>
/// A process that writes under load is killed at a random instant, again and again, on one store. <c>eng/kill-test 1000</c> does it a thousand times.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const int KillsByDefault = 50;
    private const int MostLines = 60;

    private readonly TemporaryDirectory _directory = new();
    private readonly HashSet<string> _acknowledged = [];
    private readonly HashSet<string> _known = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task KilledWriters_LoseNothingAndLeaveNothingHalf()
    {
        for (var kill = 0; kill < Kills(); kill++)
        {
            await LoadAndKillAsync($"s-{kill % 3}");

            await CheckAsync(_known);
        }

        await CheckAsync([]);
        _acknowledged.Count.Should().BeGreaterThan(Kills(), "writers were killed while they wrote");
        var report = await VerifyAsync();
        report.IsClean.Should().BeTrue(report.ToString());
        report.Unreferenced.Should().Be(0, "content and the record that names it are one commit");
        (await UnfinishedFilesADayLaterAsync()).Should().BeEmpty();
    }

    private static int Kills() =>
        Environment.GetEnvironmentVariable("DOSSIER_TEST_KILLS") is { Length: > 0 } number
            ? int.Parse(number, CultureInfo.InvariantCulture)
            : KillsByDefault;

    private Task LoadAndKillAsync(string session) =>
        Child.KillAsync(
            Child.Command("load", _directory.Path, session),
            Random.Shared.Next(1, MostLines),
            line =>
            {
                if (line.Split(' ') is ["stored", .. var ids, "."])
                    _acknowledged.UnionWith(ids);
            }
        );

    private async Task CheckAsync(HashSet<string> known)
    {
        await using var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        await using var store = new SessionStore(storage);

        var state = await StoreState.ReadAsync(store, known);

        _acknowledged.Except(state.Artifacts).Should().BeEmpty("what was acknowledged is there");
        var groups = state.Names.Where(name => name.Key.StartsWith("group-", StringComparison.Ordinal)).ToList();
        groups.Should().OnlyContain(group => group.Value == 3, "a commit is there whole or not at all");
        state.ResponseKeys.Should().BeEquivalentTo(groups.Select(group => group.Key));
    }

    private async Task<VerifyReport> VerifyAsync()
    {
        await using var store = new SessionStore(new LocalStorage(_directory.Path), ownsStorage: true);
        return await store.VerifyAsync(cancellationToken: Token);
    }

    private async Task<string[]> UnfinishedFilesADayLaterAsync()
    {
        var later = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(25));
        await using var storage = new LocalStorage(_directory.Path, new() { TimeProvider = later });
        await storage.OpenAsync(Token);
        return Directory.GetFiles(Path.Combine(_directory.Path, "objects", "incoming"));
    }
}
