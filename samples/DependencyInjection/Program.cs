using Dossier;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

var configuration = new ConfigurationBuilder()
    .AddInMemoryCollection([new("Dossier:Model", "local/extractive"), new("Dossier:StoragePath", ".dossier-host")])
    .Build();

var services = new ServiceCollection();
services.AddDossier(configuration);
await using var provider = services.BuildServiceProvider();
var store = provider.GetRequiredService<SessionStore>();

// What a request handler would do: one session for each conversation, reopened by its id.
foreach (var (id, question) in new[] { ("alice", "Bern is a city. It has bears."), ("bob", "Tea is hot."), ("alice", "Bears sleep.") })
{
    await using var session = await store.OpenAsync(new() { SessionId = id });
    var answer = await session.GetChatClient().GetResponseAsync(question);
    Console.WriteLine($"{id}: {answer.Text}");
}

await foreach (var info in store.ListSessionsAsync())
{
    await using var session = await store.OpenAsync(new() { SessionId = info.Id, OpenMode = OpenMode.Open });
    var summary = await session.GetSummaryAsync();
    Console.WriteLine($"{info.Id} has {summary.Responses[ResponseOutcome.Succeeded]} responses");
}
