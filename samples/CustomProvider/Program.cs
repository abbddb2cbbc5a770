using Dossier;
using Microsoft.Extensions.AI;

var options = new SessionOptions { Name = "A provider of my own", ModelsPath = "models" };
options.Providers["echo"] = new() { Implementation = new EchoProvider(), DefaultModel = "parrot" };
await using var session = await Session.OpenAsync(options);

var chat = session.GetChatClient("echo/parrot");
Console.WriteLine(await chat.GetResponseAsync("Polly wants tests."));

try
{
    await chat.GetResponseAsync("Polly wants rather more than fits into its memory.");
}
catch (ProviderException exception)
{
    Console.WriteLine($"{exception.Failure.Kind}: {exception.Message}");
}

foreach (var detection in await session.Store.DetectModelsAsync("echo"))
{
    foreach (var model in detection.Models)
        Console.WriteLine($"{model} ({model.SourceOf("context_tokens").Name})");
}
