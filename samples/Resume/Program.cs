using System.Globalization;
using Dossier;
using Dossier.Samples.Resume;
using Microsoft.Extensions.AI;

// Summarises a document part by part. Kill it at any time and run it again: what was finished is not done again.
// With --pause-at N, the model never answers for part N and those behind it, so that there is a middle to be killed in.
// With --replay, a session of its own makes the report again from what the first one recorded, and calls nobody.
int? pauseAt = args is ["--pause-at", var number] ? int.Parse(number, CultureInfo.InvariantCulture) : null;
var isReplay = args is ["--replay"];
var models = new ModelRegistry();
models.Register(FlakyProvider.Model);
var options = new SessionOptions
{
    SessionId = "report",
    Name = "Resume",
    Model = "flaky/large",
    Fallbacks = ["local/extractive"],
    Resilience = new() { MaxRetries = 0 },
    Models = models,
    Providers = { ["flaky"] = new() { Implementation = new FlakyProvider(pauseAt) } },
};
if (isReplay)
    (options.SessionId, options.ReplayFrom, options.Replay) = (null, "report", ReplayMode.Only);
await using var session = await Session.OpenAsync(options);

var document =
    await session.FindArtifactAsync("document")
    ?? await session.StoreArtifactAsync("document", Minutes.Text, "markdown", role: ArtifactRole.Input);

var parts = await session.StepAsync(
    "split",
    [document],
    async token => (await document.ReadTextAsync(token)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
);

var chat = session.GetChatClient();
var summaries = new List<string>();
var map = session.MapAsync(
    "summarise",
    parts,
    async (part, token) => (await chat.GetResponseAsync($"Summarise in 1 sentence: {part}", cancellationToken: token)).Text,
    new() { MaxConcurrency = 3 }
);
await foreach (var part in map)
{
    summaries.Add(part.Value);
    Console.WriteLine($"part {part.Index}: {(part.IsReused ? "reused" : "done")}");
    if (part.Index + 1 == pauseAt)
        Console.WriteLine($"paused, process {Environment.ProcessId}");
}

var report = await session.StepAsync(
    "reduce",
    [.. summaries],
    async token => (await chat.GetResponseAsync("Summarise in 3 sentences: " + string.Join(' ', summaries), cancellationToken: token)).Text,
    new() { ArtifactName = "report" }
);
await session.CompleteAsync();

Console.WriteLine($"\n{report}\n");
Console.WriteLine($"{session.Steps.ReusedCount} steps reused, {session.Steps.RunCount} run");
var summary = await session.GetSummaryAsync();
var again = summary.Steps.Sum(step => step.Repeated.Tokens.Total);
Console.WriteLine($"{again} tokens spent again, {summary.Steps.Sum(step => step.Repeated.Costs.Values.Sum())} USD");
var keptTwice = await session.Steps.ListAsync().CountAsync(step => step.Attempts.Count(attempt => attempt.Outcome is StepOutcome.Kept) > 1);
Console.WriteLine($"{keptTwice} finished steps run again");
Console.WriteLine(summary);
