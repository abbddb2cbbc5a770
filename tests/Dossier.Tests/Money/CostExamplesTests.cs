using Dossier.Storage;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Money;

/// <summary><see cref="CostExamples"/>, over the wire into a session.</summary>
public sealed class CostExamplesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(CostExamples.All), MemberType = typeof(CostExamples))]
    public async Task PublishedUsage_CostsExactlyWhatThePriceListMakesOfIt(CostExample example)
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json(AnswerOf(example)));
        using var directory = new TemporaryDirectory();
        await using var store = Store(server, directory, example);
        await using var session = await store.OpenAsync(cancellationToken: Token);

        await session.GetChatClient().GetResponseAsync("Hi", cancellationToken: Token);

        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Usage.Should().Be(example.Expected);
        response.Cost?.Amount.Should().Be(example.Cost);
        response.Cost?.PriceSource.Should().Be(example.Price?.Source);
        (response.Cost is null).Should().Be(example.Cost is null, "unpriced is not free");
        (await session.GetSummaryAsync(Token)).Unpriced.Should().Be(example.Cost is null ? 1 : 0);
    }

    [Fact]
    public void PricesOfTheExamples_AreThoseOfTheCatalogue()
    {
        var ofCatalogue = CostExamples.All.Select(row => row.Data).Where(example => example.Model is not null).ToList();

        ofCatalogue.Should().HaveCountGreaterThan(15);
        foreach (var example in ofCatalogue)
            EmbeddedCatalogue
                .Index.Get(example.Vendor, example.Model!)!
                .Price!.CostOf(example.Expected)!
                .Amount.Should()
                .Be(example.Cost!.Value, $"{example} uses the price of {example.Model}");
    }

    [Fact]
    public async Task PublishedUsageOfEmbeddings_CostsItsInput()
    {
        // https://developers.openai.com/api/docs/api-reference/embeddings. text-embedding-3-small: 0.02.
        await using var server = await WireServer.StartAsync();
        server.Reply(
            WireReply.Json(
                """{"object":"list","data":[{"object":"embedding","embedding":"AAAAPwAAgL8=","index":0}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}"""
            )
        );
        using var generator = new OpenAIProvider().CreateEmbeddingGenerator(
            "text-embedding-3-small",
            Providers.VendorClient.Connection("openai", server, "v1")
        );

        var embeddings = await generator.GenerateAsync(["The food was delicious"], cancellationToken: Token);

        var price = EmbeddedCatalogue.Index.Get("openai", "text-embedding-3-small")!.Price!;
        price.CostOf(TokenUsage.From(embeddings.Usage)!)!.Amount.Should().Be(0.00000016m);
    }

    private static SessionStore Store(WireServer server, TemporaryDirectory directory, CostExample example)
    {
        const string Model = "example";
        var model = ModelDescriptor.Unknown(example.Vendor, Model) with { Price = example.Price };
        var path = example.Vendor is "anthropic" or "ollama" ? "" : "v1";
        var options = new SessionOptions
        {
            Storage = new MemoryStorage(),
            Models = new([model]),
            Model = $"{example.Vendor}/{Model}",
            Providers =
            {
                [example.Vendor] = new() { Endpoint = new(server.Url, path), ApiKey = "key" },
            },
        };
        return SessionStoreFactory.Create(ConfigurationResolver.Resolve(new() { WorkingDirectory = directory.Path }, options));
    }

    private static string AnswerOf(CostExample example) =>
        example.Vendor switch
        {
            "anthropic" => AnthropicWire.Answer().Replace(AnthropicWire.Usage, example.Usage, StringComparison.Ordinal),
            "ollama" => OllamaWire.Answer().Replace(OllamaWire.Usage, example.Usage, StringComparison.Ordinal),
            _ => OpenAIWire.Completion().Replace(OpenAIWire.Usage, example.Usage, StringComparison.Ordinal),
        };
}
