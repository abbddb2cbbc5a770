using Dossier.Tests.Telemetry;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Chat;

/// <summary>What the GenAI conventions see of embeddings.</summary>
[Collection(Alone.Name)]
public sealed class TracedEmbeddingGeneratorTests
{
    private const string Secret = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Capture.Full, "You sent quetzalcoatl with [masked]")]
    [InlineData(Capture.DigestsOnly, "[not kept]")]
    public async Task FailureOfTheVendor_IsSeenWithoutItsSecrets_AndWithoutTextWhereNoneIsKept(Capture capture, string seen)
    {
        var failing = new ScriptedEmbeddings(texts => throw new HttpRequestException($"You sent {texts[0]} with {Secret}"));
        await using var test = await ListenedSession.OpenAsync(
            ScriptedChatClient.Answering("no"),
            options => options.Capture = capture,
            failing
        );

        var embed = () => test.Session.GetEmbeddingGenerator("first/m").GenerateAsync(["quetzalcoatl"], cancellationToken: Token);

        (await embed.Should().ThrowAsync<ProviderException>()).Which.VendorType.Should().Be(typeof(HttpRequestException).FullName);
        test.Convention.StatusDescription.Should().Be(seen);
        test.Texts.Should().NotContain(text => text.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task NamesOfModels_AreMasked_AndTheVendorAndTheCallerGetThemAsTheyAre()
    {
        var vendor = new ScriptedEmbeddings(texts =>
            new(texts.Select(text => new Embedding<float>(new float[] { text.Length }) { ModelId = Secret }))
        );
        await using var test = await ListenedSession.OpenAsync(ScriptedChatClient.Answering("no"), embeddings: vendor);
        var options = new EmbeddingGenerationOptions
        {
            ModelId = Secret,
            AdditionalProperties = new() { ["user"] = Secret },
        };

        var vectors = await test.Session.GetEmbeddingGenerator("first/m").GenerateAsync(["a", "bcd"], options, Token);

        test.Convention.DisplayName.Should().Be("embeddings [masked]");
        test.Convention.GetTagItem("gen_ai.response.model").Should().Be("[masked]");
        test.Texts.Should().NotContain(text => text.Contains(Secret, StringComparison.Ordinal));
        vectors.Select(vector => (vector.ModelId, vector.Vector.Span[0])).Should().Equal((Secret, 1), (Secret, 3));
        vendor.Options.Single()!.ModelId.Should().Be(Secret);
        vendor.Options.Single()!.AdditionalProperties!["user"].Should().Be(Secret);
    }
}
