using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.ChildProcess;

internal static class Retrying
{
    /// <summary>Makes a call whose first attempt fails, prints a line when the second one is under way, and waits to be killed.</summary>
    public static async Task WaitInSecondAttemptAsync(string storage, string id)
    {
        var attempts = 0;
        var client = new ScriptedChatClient((_, _, _) => attempts++ == 0 ? throw Failures.ServerError : ForeverAsync());
        await using var session = await Session.OpenAsync(
            new()
            {
                StoragePath = storage,
                SessionId = id,
                Providers = { ["scripted"] = new() { Implementation = new ScriptedProvider(_ => client) } },
                Resilience = new() { BaseDelay = TimeSpan.FromMilliseconds(1) },
            }
        );
        await session.GetChatClient("scripted/m").GetResponseAsync("Are you there?");
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> ForeverAsync()
    {
        Console.WriteLine("second attempt");
        await new TaskCompletionSource().Task;
        yield break;
    }
}
