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

    /// <summary>Makes a call whose model asks for a tool, prints a line when the tool runs, and waits to be killed.</summary>
    public static async Task WaitInToolAsync(string storage, string id)
    {
        var client = new ScriptedChatClient((_, _, _) => Tools.CallAsync());
        await using var session = await Session.OpenAsync(
            new()
            {
                StoragePath = storage,
                SessionId = id,
                Providers = { ["scripted"] = new() { Implementation = new ScriptedProvider(_ => client) } },
            }
        );
        var tool = AIFunctionFactory.Create(
            async () =>
            {
                Console.WriteLine("tool");
                await new TaskCompletionSource().Task;
            },
            "weather"
        );
        await session.GetChatClient("scripted/m").GetResponseAsync("Are you there?", new() { Tools = [tool] });
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> ForeverAsync()
    {
        Console.WriteLine("second attempt");
        await new TaskCompletionSource().Task;
        yield break;
    }
}
