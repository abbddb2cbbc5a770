using Dossier;
using Microsoft.Extensions.AI;

var options = new SessionOptions
{
    Name = "Fallback",
    Model = "flaky/large",
    Fallbacks = ["local/extractive"],
    Resilience = new() { MaxRetries = 2, BaseDelay = TimeSpan.FromMilliseconds(10) },
    Providers =
    {
        ["flaky"] = new() { Implementation = new FlakyProvider(), RequestsPerMinute = 600 },
    },
};
await using var session = await Session.OpenAsync(options);

var text = "Summarise: The pump failed at noon. It was repaired by one. The cause was a worn seal.";
var answer = await session.GetChatClient().GetResponseAsync(text);
Console.WriteLine(answer.Text);

var response = await session.Responses.ListAsync().SingleAsync();
Console.WriteLine($"asked {response.Provider}/{response.RequestedModel}, answered by {response.ServedProvider}/{response.ServedModel}");
foreach (var attempt in response.Attempts)
    Console.WriteLine(
        $"{attempt.Number} {attempt.Reason} {attempt.Provider}/{attempt.RequestedModel} {attempt.Outcome} {attempt.Error?.Kind}"
    );

// Just these models, in this order, whatever the session's fallbacks are; one alone has none.
try
{
    await session.GetChatClient(["flaky/large"]).GetResponseAsync(text);
}
catch (ProviderException e)
{
    Console.WriteLine($"without a fallback: {e.Failure.Kind}, may pass: {e.IsTransient}");
}
Console.WriteLine(await session.GetSummaryAsync());
Console.WriteLine();
Console.WriteLine(await session.GetErrorReportAsync());

/// <summary>Stands for a vendor that is down.</summary>
internal sealed class FlakyProvider : IModelProvider
{
    public IChatClient CreateChatClient(string model, ProviderConnection connection) => new DownClient();

    // An HttpRequestException with a status is known without help.
    public ProviderFailure? Classify(Exception exception) => null;

    private sealed class DownClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw new HttpRequestException("overloaded", null, System.Net.HttpStatusCode.ServiceUnavailable);

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw new HttpRequestException("overloaded", null, System.Net.HttpStatusCode.ServiceUnavailable);

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
