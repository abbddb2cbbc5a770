using System.Diagnostics;
using System.Globalization;

namespace Dossier.Tests.Faults;

public sealed class FourProcessesTests : IDisposable
{
    private const int Processes = 4;
    private const int Commits = 150;
    private const int LeastBesideTheFirst = Commits / 5;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task FourProcessesOnOneName_CountExactlyAndTakeTurns()
    {
        var children = Enumerable.Range(0, Processes).Select(_ => Start("shared")).ToList();
        foreach (var child in children)
            (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("ready");
        foreach (var child in children)
            await child.StandardInput.WriteLineAsync("go");

        var written = await Task.WhenAll(children.Select(ReadAsync));

        var all = written.SelectMany(it => it).ToList();
        all.Select(it => it.Version).Order().Should().Equal(Enumerable.Range(1, Processes * Commits));
        all.Select(it => it.Sequence).Order().Should().Equal(Enumerable.Range(Processes + 1, Processes * Commits).Select(i => (long)i));
        all.OrderBy(it => it.Sequence).Select(it => it.Version).Should().BeInAscendingOrder();
        var firstToFinish = written.Min(commits => commits.Max(it => it.Sequence));
        written
            .Select(commits => commits.Count(it => it.Sequence <= firstToFinish))
            .Should()
            .OnlyContain(count => count >= LeastBesideTheFirst, "nobody starves while another one writes");
        await using var session = await Session.OpenAsync(new() { StoragePath = _directory.Path, SessionId = "s" }, Token);
        var stored = await session.ListArtifactsAsync(new() { Name = "shared" }, Token).ToListAsync(Token);
        stored.Select(it => (it.Version, it.Record.Sequence)).Should().BeEquivalentTo(all);
        children.ForEach(child => child.Dispose());
    }

    private Process Start(string name) =>
        Child.Start(Child.Command("turns", _directory.Path, "s", name, Commits.ToString(CultureInfo.InvariantCulture)));

    private static async Task<List<(int Version, long Sequence)>> ReadAsync(Process child)
    {
        return
        [
            .. (await Child.ReadLinesAsync(child))
                .Select(line => line.Split(' '))
                .Select(parts => (int.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture))),
        ];
    }
}
