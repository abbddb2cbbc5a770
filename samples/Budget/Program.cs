using Dossier;
using Microsoft.Extensions.AI;

// A model of your own, and what it costs per million tokens: here a client that answers by itself.
var models = new ModelRegistry();
models.Register(
    new ModelDescriptor
    {
        Provider = "acme",
        Id = "writer",
        ContextTokens = 8_000,
        MaxOutputTokens = 2_000,
        Price = new()
        {
            Input = 3m,
            Output = 15m,
            Source = new("acme's price list", new DateOnly(2026, 11, 1)),
        },
    }
);

var options = new SessionOptions
{
    Name = "Budget",
    Models = models,
    Budget = new() { MaxCost = 0.05m, MaxCalls = 4 },
};
await using var session = await Session.OpenAsync(options);
using var client = new Writer();
var chat = session.Track(client, "acme/writer");

// What a call would take, before it is made.
ChatMessage[] messages = [new(ChatRole.User, "Write a page about ledgers.")];
var estimate = await session.EstimateAsync(messages, model: "acme/writer");
Console.WriteLine(estimate);

try
{
    while (true)
        Console.WriteLine((await chat.GetResponseAsync(messages)).Text);
}
catch (BudgetExceededException exception)
{
    Console.WriteLine(exception.Message);
}

await foreach (var response in session.Responses.ListAsync(new() { Outcome = ResponseOutcome.Succeeded }))
    Console.WriteLine(
        $"{response.Usage?.TotalOutput} tokens of output, capped at {response.Attempts[0].OutputCap?.ToString() ?? "nothing"}"
    );

var status = await session.Budget.GetStatusAsync();
Console.WriteLine(status);

// A hold whose process has died stays charged until somebody says what became of the call.
foreach (var held in status.Holds.Where(held => held.IsAbandoned))
    await session.Budget.ReleaseAsync(held.Hold.Id);

await session.Budget.ChangeAsync(new() { MaxCost = 0.10m });
await chat.GetResponseAsync(messages, new ChatOptions().WithBudget(maxCost: 0.01m));

models.Register(
    new ModelDescriptor
    {
        Provider = "acme",
        Id = "scribe",
        Price = new()
        {
            Input = 0.3m,
            Output = 1.5m,
            Source = new("acme's price list", new DateOnly(2026, 11, 1)),
        },
    }
);
Console.WriteLine(await session.RepriceAsync("acme/scribe"));
Console.WriteLine(await session.GetSummaryAsync());

/// <summary>Stands for a vendor: writes as much as it may, up to 1,000 tokens.</summary>
internal sealed class Writer : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var written = Math.Min(1_000, options?.MaxOutputTokens ?? 1_000);
        var answer = new ChatMessage(ChatRole.Assistant, $"A text of {written} tokens.");
        return Task.FromResult(
            new ChatResponse(answer)
            {
                Usage = new() { InputTokenCount = 14, OutputTokenCount = written },
            }
        );
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException("This one does not stream.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
