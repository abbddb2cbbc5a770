using Dossier.Storage;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Chat;

/// <summary>Embeddings of a session through its whole pipeline, to vendors on the wire.</summary>
public sealed class EmbeddingPipelineTests
{
    private const string OpenAI = """
        {"object":"list","model":"text-embedding-3-small","data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAgL8="}],"usage":{"prompt_tokens":8,"total_tokens":8}}
        """;
    private const string Ollama = """
        {"model":"text-embedding-3-small","embeddings":[[0.5,-1]],"total_duration":1,"load_duration":1,"prompt_eval_count":8}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, string> Vendors =>
        new() { { "openai", "v1", "/v1/embeddings", OpenAI }, { "ollama", "", "/api/embed", Ollama } };

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task VendorThatFailsOnce_IsAskedAgain_AndBothAttemptsAreKept(string vendor, string path, string requested, string answer)
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Json("""{"error":{"message":"The server is down."}}""", 500));
        server.Reply(WireReply.Json(answer));
        await using var store = Open(vendor, new Uri(server.Url, path));
        await using var session = await store.OpenAsync(cancellationToken: Token);

        var embeddings = await session
            .GetEmbeddingGenerator($"{vendor}/text-embedding-3-small")
            .GenerateAsync(["one"], new() { Dimensions = 2 }, Token);

        embeddings.Single().Vector.ToArray().Should().Equal(0.5f, -1);
        server.Requests.Select(request => request.PathAndQuery).Should().Equal(requested, requested);
        server.Requests[^1].CanonicalBody.Should().Contain("\"dimensions\":2");
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response
            .Attempts.Select(attempt => (attempt.Reason, attempt.Outcome, attempt.Error?.Kind))
            .Should()
            .Equal(
                (AttemptReason.First, AttemptOutcome.Failed, ProviderErrorKind.ServerError),
                (AttemptReason.Retry, AttemptOutcome.Succeeded, null)
            );
        response.Usage.Should().Be(new TokenUsage { Input = 8 });
        response.Dimensions.Should().Be(2);
    }

    [Fact]
    public async Task Builder_TracksAndOwnsItsGenerator()
    {
        await using var store = new SessionStore(new MemoryStorage());
        await using var session = await store.OpenAsync(cancellationToken: Token);
        var inner = ScriptedEmbeddings.OfLengths();

        using (var pipeline = inner.AsBuilder().UseDossier(session, "acme/vector").Build())
            await pipeline.GenerateAsync(["one"], cancellationToken: Token);

        (await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).Provider.Should().Be("acme");
        inner.Disposed.Should().BeTrue();
    }

    private static SessionStore Open(string vendor, Uri endpoint)
    {
        IModelProvider implementation = vendor == "openai" ? new OpenAIProvider() : new OllamaProvider();
        var options = new SessionOptions
        {
            TimeProvider = new SkippingTime(),
            Providers =
            {
                [vendor] = new()
                {
                    Implementation = implementation,
                    Endpoint = endpoint,
                    ApiKey = "sk-secret-0123456789",
                },
            },
        };
        return new(new MemoryStorage(), options, new(), ownsStorage: true, [], CallPipeline.Parts);
    }
}
