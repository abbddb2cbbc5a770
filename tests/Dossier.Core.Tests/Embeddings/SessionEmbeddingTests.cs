using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Embeddings;

public sealed class SessionEmbeddingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Embeddings_AreTrackedWithTheirTextsAndPriced()
    {
        var generator = ScriptedEmbeddings.OfLengths();
        await using var test = await OpenAsync(generator);

        var embeddings = await test.Session.GetEmbeddingGenerator("vectors/m").GenerateAsync(["one", "three"], cancellationToken: Token);

        embeddings.Select(embedding => embedding.Vector.Span[0]).Should().Equal(3, 5);
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Operation.Should().Be(ResponseOperation.Embedding);
        response.Outcome.Should().Be(ResponseOutcome.Succeeded);
        response.Dimensions.Should().Be(2);
        response.ServedModel.Should().Be("vector-1-2026-01-01");
        response.Usage.Should().Be(new TokenUsage { Input = 2 });
        response.Cost!.Amount.Should().Be(0.2m);
        response.Attempts.Should().ContainSingle().Which.Outcome.Should().Be(AttemptOutcome.Succeeded);
        response.RequestOptions.Should().BeNull();
        response.ResponseMessages.Should().BeEmpty();
        (await test.Session.Responses.ReadRequestAsync(response, Token)).Select(message => message.Text).Should().Equal("one", "three");
        (await test.Session.GetSummaryAsync(Token)).Models.Should().ContainSingle().Which.Model.Should().Be("vectors/m");
    }

    [Fact]
    public async Task Options_AreRecorded_AndGivenToTheGeneratorAsTheyAre()
    {
        var generator = ScriptedEmbeddings.OfLengths();
        await using var test = await OpenAsync(generator);
        var options = new EmbeddingGenerationOptions
        {
            ModelId = "n",
            Dimensions = 256,
            AdditionalProperties = new() { ["user"] = "u1" },
        };

        await test.Session.GetEmbeddingGenerator("vectors/m").GenerateAsync(["one"], options, Token);

        generator.Options.Should().ContainSingle().Which.Should().BeSameAs(options);
        options.AdditionalProperties.Should().ContainSingle();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.RequestedModel.Should().Be("n");
        var recorded = await test.Session.Responses.ReadOptionsAsync(response, Token);
        recorded!.Value.GetProperty("additionalProperties").GetProperty("dimensions").GetInt32().Should().Be(256);
        recorded.Value.GetProperty("additionalProperties").GetProperty("user").GetString().Should().Be("u1");
    }

    [Fact]
    public async Task GeneratorThatIsTrackedTwice_IsRecordedOnce()
    {
        await using var test = await TestSession.OpenAsync();
        var own = ScriptedEmbeddings.OfLengths();
        var tracked = test.Session.Track(test.Session.Track(own, "acme/one"), "acme/two");

        var embeddings = await tracked.GenerateAsync(["three"], cancellationToken: Token);

        embeddings.Single().Vector.Span[0].Should().Be(5);
        (await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).RequestedModel.Should().Be("one");
        tracked.Dispose();
        own.Disposed.Should().BeFalse();
    }

    [Fact]
    public async Task OwnGenerator_IsTracked_AndLeftOpen()
    {
        await using var test = await TestSession.OpenAsync();
        var own = ScriptedEmbeddings.OfLengths();

        using (var tracked = test.Session.Track(own))
        {
            await tracked.GenerateAsync(["one"], cancellationToken: Token);
            tracked.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions.Should().Be(2);
        }

        own.Disposed.Should().BeFalse();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response
            .Should()
            .BeEquivalentTo(
                new
                {
                    Provider = "scripted",
                    RequestedModel = "vector-1",
                    Operation = ResponseOperation.Embedding,
                }
            );
    }

    [Fact]
    public async Task OwnGeneratorThatFails_ThrowsWhatItThrew_AndIsRecorded()
    {
        await using var test = await TestSession.OpenAsync();
        var failure = new InvalidOperationException("It has no vectors.");
        var tracked = test.Session.Track(new ScriptedEmbeddings(_ => throw failure), "acme/vector");

        var act = () => tracked.GenerateAsync(["one"], cancellationToken: Token);

        (await act.Should().ThrowAsync<InvalidOperationException>()).Which.Should().BeSameAs(failure);
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Message.Should().Be("It has no vectors.");
    }

    [Fact]
    public async Task Budget_CountsEmbeddings_AndRefusesBeforeTheyAreSent()
    {
        var generator = ScriptedEmbeddings.OfLengths();
        // A text of one word is counted as 14 tokens at the most, and costs 0.1 for each.
        await using var test = await OpenAsync(generator, options => options.Budget = new() { MaxCost = 1.6m });
        var vectors = test.Session.GetEmbeddingGenerator("vectors/m");

        await vectors.GenerateAsync(["one"], cancellationToken: Token);
        var status = await test.Session.Budget.GetStatusAsync(Token);
        var tooMuch = () => vectors.GenerateAsync([new string('x', 400)], cancellationToken: Token);

        status
            .Settled.Should()
            .Be(
                new BudgetAmount
                {
                    Cost = 0.1m,
                    Tokens = 1,
                    Calls = 1,
                }
            );
        status.Held.Should().Be(new BudgetAmount());
        (await tooMuch.Should().ThrowAsync<BudgetExceededException>()).Which.Limit.Should().Be(nameof(Budget.MaxCost));
        generator.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task OwnGenerator_IsHeldToTheBudget()
    {
        var own = ScriptedEmbeddings.OfLengths();
        await using var test = await OpenAsync(own, options => options.Budget = new() { MaxCalls = 1 });
        var tracked = test.Session.Track(own, "vectors/m");

        await tracked.GenerateAsync(["one"], cancellationToken: Token);
        var second = () => tracked.GenerateAsync(["two"], cancellationToken: Token);

        (await second.Should().ThrowAsync<BudgetExceededException>()).Which.Limit.Should().Be(nameof(Budget.MaxCalls));
        own.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task ProviderWithoutEmbeddings_SaysSo()
    {
        await using var test = await TestSession.OpenAsync();
        var vectors = test.Session.GetEmbeddingGenerator("scripted/m");

        var act = () => vectors.GenerateAsync(["one"], cancellationToken: Token);

        (await act.Should().ThrowAsync<DossierException>()).Which.Message.Should().Contain("'scripted' has no embeddings");
    }

    [Fact]
    public async Task NoName_MeansTheDefaultEmbeddingModel_AndNoneWithoutOne()
    {
        await using var without = await TestSession.OpenAsync(options => options.Model = "scripted/chat");
        await using var with = await OpenAsync(ScriptedEmbeddings.OfLengths(), options => options.EmbeddingModel = "vectors/m");

        await with.Session.GetEmbeddingGenerator().GenerateAsync(["one"], cancellationToken: Token);
        var act = () => without.Session.GetEmbeddingGenerator();

        (await with.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).RequestedModel.Should().Be("m");
        act.Should().Throw<ModelResolutionException>().WithMessage("*Set SessionOptions.EmbeddingModel, or name a model*");
    }

    private static Task<TestSession> OpenAsync(ScriptedEmbeddings generator, Action<SessionOptions>? configure = null) =>
        TestSession.OpenAsync(options =>
        {
            options.Providers["vectors"] = new()
            {
                Implementation = new ScriptedProvider(_ => ScriptedChatClient.Answering("no"), _ => generator),
            };
            options.Models = new([
                new()
                {
                    Provider = "vectors",
                    Id = "m",
                    Embeddings = Support.Yes,
                    Price = new() { Input = 100_000m, Source = new("test") },
                },
            ]);
            configure?.Invoke(options);
        });
}
