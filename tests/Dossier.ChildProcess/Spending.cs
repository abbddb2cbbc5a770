using System.Globalization;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.ChildProcess;

/// <summary>Spends the budget of a session that other processes spend as well.</summary>
internal static class Spending
{
    private const int Tasks = 4;

    /// <summary>Prints <c>ready</c>, waits for a line, calls until the budget is exhausted, and prints how many calls were answered.</summary>
    public static async Task RunAsync(string path, string sessionId)
    {
        var price = new ModelPrice
        {
            Input = 0m,
            Output = 10_000m,
            Source = new("test"),
        };
        await using var session = await Session.OpenAsync(
            new()
            {
                StoragePath = path,
                SessionId = sessionId,
                Models = new([
                    new()
                    {
                        Provider = "test",
                        Id = "m",
                        Price = price,
                    },
                ]),
            }
        );
        var chat = session.Track(new ParallelVendor(), "test/m");
        Console.WriteLine("ready");
        Console.ReadLine();
        var answered = await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(() => SpendAsync(chat))));
        Console.WriteLine(answered.Sum().ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Takes a hold and says so; the process is killed with it.</summary>
    public static async Task HoldAsync(string path, string sessionId)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = path, SessionId = sessionId });
        await session
            .Track(new ScriptedChatClient((_, _, _) => NeverAnswerAsync()), "test/m")
            .GetResponseAsync("hi", new() { MaxOutputTokens = 4 });
    }

    private static async Task<int> SpendAsync(IChatClient chat)
    {
        for (var answered = 0; ; answered++)
        {
            try
            {
                await chat.GetResponseAsync("hi", new() { MaxOutputTokens = 4 });
            }
            catch (BudgetExceededException)
            {
                return answered;
            }
        }
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> NeverAnswerAsync()
    {
        Console.WriteLine("held");
        await new TaskCompletionSource().Task;
        yield break;
    }
}
