using Dossier.Storage;

namespace Dossier.Tests.Storage;

public sealed class WriteTurnTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("dossier-test-").FullName;
    private int _count;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task TwoHolders_NeverWriteAtOnce()
    {
        await Task.WhenAll(Task.Run(CountTo2000, Token), Task.Run(CountTo2000, Token));

        _count.Should().Be(4000);
    }

    private void CountTo2000()
    {
        using var turn = new WriteTurn(_directory);
        for (var i = 0; i < 2000; i++)
        {
            turn.Enter();
            _count++; // loses counts when two do it at once
            turn.Exit();
        }
    }
}
