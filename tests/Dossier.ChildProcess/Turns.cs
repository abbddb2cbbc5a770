namespace Dossier.ChildProcess;

/// <summary>One of several processes that write the same session at once.</summary>
internal static class Turns
{
    private const int Writers = 4;

    /// <summary>Prints <c>ready</c>, waits for a line, stores so many artifacts under one name, and prints the version and sequence of each.</summary>
    public static async Task RunAsync(string storage, string sessionId, string name, int count)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = storage, SessionId = sessionId });
        // Also so that the first writes of each process do not wait for their code to be compiled.
        await session.StoreArtifactAsync("warm-up", name);
        Console.WriteLine("ready");
        Console.ReadLine();
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(WriteAsync)));

        async Task WriteAsync()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                // Every other one is large enough for a file of its own.
                var number = left;
                var text = $"{name} {number}";
                var artifact = await session.StoreArtifactAsync(name, number % 2 == 0 ? text : text.PadRight(70_000));
                Console.WriteLine($"{artifact.Version} {artifact.Record.Sequence}");
            }
        }
    }
}
