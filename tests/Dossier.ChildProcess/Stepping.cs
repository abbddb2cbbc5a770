namespace Dossier.ChildProcess;

/// <summary>Runs a step that other processes run as well.</summary>
internal static class Stepping
{
    /// <summary>Prints <c>ready</c>, waits for a line, and runs the step; prints <c>ran</c> from its body, and then its value.</summary>
    public static async Task RaceAsync(string path, string sessionId)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = path, SessionId = sessionId });
        Console.WriteLine("ready");
        Console.ReadLine();
        var value = await session.StepAsync(
            "shared",
            ["input"],
            async token =>
            {
                Console.WriteLine("ran");
                return (await session.StoreArtifactAsync("side", "effect", cancellationToken: token)).Version;
            }
        );
        Console.WriteLine($"value {value}");
    }

    /// <summary>
    /// Prints <c>inside</c> from the body of the step, waits there for a line without minding its token, and prints <c>kept</c> or what
    /// became of the step instead.
    /// </summary>
    public static async Task StayAsync(string path, string sessionId)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = path, SessionId = sessionId });
        try
        {
            await session.StepAsync(
                "shared",
                ["input"],
                async _ =>
                {
                    await session.StoreArtifactAsync("side", "effect", cancellationToken: CancellationToken.None);
                    Console.WriteLine("inside");
                    await Task.Run(Console.ReadLine, CancellationToken.None);
                    return 1;
                },
                new() { Lease = TimeSpan.FromSeconds(1) }
            );
            Console.WriteLine("kept");
        }
        catch (StepException exception)
        {
            Console.WriteLine(exception.Kind);
        }
    }
}
