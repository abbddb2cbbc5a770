using System.Globalization;
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
        var chat = session.Track(new FourTokens(), "test/m");
        Console.WriteLine("ready");
        Console.ReadLine();
        var answered = await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(() => SpendAsync(chat))));
        Console.WriteLine(answered.Sum().ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Takes a hold and says so; the process is killed with it.</summary>
    public static async Task HoldAsync(string path, string sessionId)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = path, SessionId = sessionId });
        await session.Track(new NeverAnswers(), "test/m").GetResponseAsync("hi", new() { MaxOutputTokens = 4 });
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

    private class FourTokens : IChatClient
    {
        public virtual async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            await Task.Yield();
            return new(new ChatMessage(ChatRole.Assistant, "Yes"))
            {
                Usage = new() { InputTokenCount = 10, OutputTokenCount = 4 },
            };
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw new InvalidOperationException("Nothing streams here.");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }

    private sealed class NeverAnswers : FourTokens
    {
        public override async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            Console.WriteLine("held");
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("It never answers.");
        }
    }
}
