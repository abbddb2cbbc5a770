using System.Net;
using Dossier;
using Microsoft.Extensions.AI;

// Writes a release note of two changes, and asks where it came from. The model that reviews it is down, and another one answers.
var options = new SessionOptions
{
    Name = "Explain",
    Owner = "docs-team",
    ApplicationVersion = "1.4.0",
    Model = "local/extractive",
    Resilience = new() { MaxRetries = 0 },
    Providers = { ["acme"] = new() { Implementation = new DownProvider() } },
};
await using var session = await Session.OpenAsync(options);

var changes = await session.StoreArtifactAsync(
    "changes",
    "The pump now stops when the tank is empty. It used to run dry.\n\nAlarms are sent twice. The second one says who has seen the first.",
    "markdown",
    role: ArtifactRole.Input
);
var parts = await session.StepAsync("split", [changes], async token => (await changes.ReadTextAsync(token)).Split("\n\n"));
var chat = session.GetChatClient();
var lines = new List<string>();
await foreach (
    var line in session.MapAsync(
        "shorten",
        parts,
        async (part, token) => (await chat.GetResponseAsync($"Summarise in 1 sentence: {part}", cancellationToken: token)).Text
    )
)
    lines.Add(line.Value);

var reviewer = session.GetChatClient(["acme/critic", "local/extractive"]);
await session.StepAsync(
    "review",
    [.. lines],
    async token => (await reviewer.GetResponseAsync("Summarise in 2 sentences: " + string.Join(' ', lines), cancellationToken: token)).Text,
    new() { ArtifactName = "note" }
);

var note = (await session.FindArtifactAsync("note"))!;
var explanation = await session.ExplainAsync(note);
Console.WriteLine(explanation);
await File.WriteAllTextAsync("note.prov.json", explanation.ToProvJson());

var impact = await session.ImpactAsync(changes);
Console.WriteLine(
    $"Made with {changes.Name}: {string.Join(", ", impact.Nodes.OfType<ArtifactNode>().Skip(1).Select(node => node.ToString()).Order())}"
);

/// <summary>Stands for a vendor that is down.</summary>
internal sealed class DownProvider : IModelProvider
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
        ) => throw Down();

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw Down();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }

        private static HttpRequestException Down() => new("The critic is asleep.", null, HttpStatusCode.ServiceUnavailable);
    }
}
