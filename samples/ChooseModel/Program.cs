using Dossier;

// Choosing needs no network, and no key that is any good: nothing is called here.
await using var session = await Session.OpenAsync(
    new()
    {
        Name = "Choose a model",
        Providers =
        {
            ["openai"] = new() { ApiKey = "not-a-real-key" },
            ["acme"] = new() { Endpoint = new("http://127.0.0.1:9/v1/") },
        },
    }
);
session.Models.OverrideFacts(
    "acme",
    "house-model",
    new()
    {
        ContextTokens = 16_000,
        Tools = Support.Yes,
        InputModalities = Modalities.Text,
        OutputModalities = Modalities.Text,
        Price = new() { Input = 0.01m, Output = 0.02m },
    },
    new("our contract", new(2026, 11, 1))
);

var requirements = new TaskRequirements
{
    Tools = true,
    MinContextTokens = 8_000,
    ExpectedUsage = new() { Input = 5_000, Output = 500 },
    MaxCostPerCall = 0.01m,
};
foreach (var model in session.Models.Find(requirements, count: 3))
    Console.WriteLine($"{model.Provider}/{model.Id}: {model.Price?.CostOf(requirements.ExpectedUsage)}");
var newest = session.Models.Find(requirements, ModelOrder.Newest, providers: ["anthropic"], count: 1)[0];
Console.WriteLine($"newest of Anthropic: {newest.Id}, {newest.ReleasedOn:yyyy-MM-dd} ({newest.SourceOf("released_on")})");

var larger = requirements with { MinContextTokens = 32_000, Vision = true };
var validation = session.ValidateModelForTask(larger, "acme/house-model");
Console.WriteLine($"{validation}");
var client = session.GetChatClientFor(larger, ModelOrder.LargestContext);
Console.WriteLine(client is not null);

try
{
    session.GetChatClientFor(larger with { MinContextTokens = 1_000_000_000 });
}
catch (ModelResolutionException e)
{
    Console.WriteLine(e.Message);
}
