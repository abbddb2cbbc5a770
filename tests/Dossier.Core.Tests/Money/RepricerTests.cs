using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Money;

public sealed class RepricerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnotherModel_IsPricedFromTheRecordedTokens()
    {
        await using var test = await OpenAsync();
        await test.Session.GetChatClient("dear", "scripted").GetResponseAsync("hi", cancellationToken: Token);
        await test.Session.GetChatClient("dear", "scripted").GetResponseAsync("hi", cancellationToken: Token);

        var repricing = await test.Session.RepriceAsync("scripted/cheap", cancellationToken: Token);

        // 10 tokens of input and 4 of output, twice.
        repricing.Costs.Should().Equal(new Dictionary<string, decimal> { ["USD"] = 2 * 0.00009m });
        repricing.Recorded.Should().Equal(new Dictionary<string, decimal> { ["USD"] = 2 * 0.05m });
        repricing.Unpriced.Should().BeEmpty();
        repricing
            .Responses.Should()
            .HaveCount(2)
            .And.OnlyContain(it => it.RequestedModel == "scripted/dear" && it.Cost!.Amount == 0.00009m);
        repricing.ToString().Should().Be("0.00018 USD with scripted/cheap, 0.10 USD recorded for the same calls");
    }

    [Fact]
    public async Task TierOfAModel_IsReachedByOneCall_NotByTheirSum()
    {
        await using var test = await OpenAsync();
        var half = new TokenUsage { Input = 60 };
        Attempt[] attempts = [NewAttempt(1, half), NewAttempt(2, half)];
        await TrackAsync(test, "tiered", half + half, attempts);
        await TrackAsync(test, "tiered", half + half, []);

        var repricing = await test.Session.RepriceAsync(cancellationToken: Token);

        repricing.Responses.Select(it => it.Cost!.Amount).Should().Equal(0.00012m, 0.00024m);
    }

    [Fact]
    public async Task EveryClass_IsPricedAnewOnItsOwn()
    {
        await using var test = await OpenAsync();
        var usage = new TokenUsage
        {
            Input = 1_000,
            CachedInput = 2_000,
            CacheWrite = 3_000,
            CacheWrite1h = 4_000,
            Output = 5_000,
            Reasoning = 6_000,
        };
        await TrackAsync(test, "dear", usage, []);
        await TrackAsync(test, "dear", usage with { CacheWrite1h = 0 }, []);

        var repricing = await test.Session.RepriceAsync("scripted/classes", cancellationToken: Token);

        repricing
            .Responses.Select(it => it.Cost!.Amount)
            .Should()
            .Equal(0.002m + 0.0004m + 0.0075m + 0.016m + 0.05m + 0.048m, 0.002m + 0.0004m + 0.0075m + 0.05m + 0.048m);
    }

    [Fact]
    public async Task WhatCannotBePriced_IsNamed()
    {
        await using var test = await OpenAsync();
        await TrackAsync(test, "unknown", new() { Input = 1 }, []);
        await TrackAsync(test, "dear", null, []);
        await test.Session.Responses.TrackAsync("note", new(), Token);

        var repricing = await test.Session.RepriceAsync(cancellationToken: Token);

        repricing.Costs.Should().BeEmpty();
        repricing.Unpriced.Should().Equal(new Dictionary<string, int> { ["responses without tokens"] = 1, ["scripted/unknown"] = 1 });
        repricing
            .ToString()
            .Should()
            .Be(
                "nothing with the same models, nothing recorded for the same calls; not priced: 1 × responses without tokens, 1 × scripted/unknown"
            );
    }

    [Fact]
    public async Task DayBeforeAPriceIsKnown_IsUnpriced()
    {
        await using var test = await OpenAsync();
        await TrackAsync(test, "dear", new() { Input = 1_000 }, []);

        (await test.Session.RepriceAsync(asOf: new DateOnly(2025, 12, 31), cancellationToken: Token))
            .Unpriced.Should()
            .ContainKey("scripted/dear (no price of 2025-12-31 or before is kept)");
        (await test.Session.RepriceAsync(asOf: new DateOnly(2026, 1, 1), cancellationToken: Token)).Costs["USD"].Should().Be(1m);
    }

    [Fact]
    public async Task TurnOfAToolLoopThatDidNotSayItsTokens_LeavesTheResponseUnpriced()
    {
        await using var test = await OpenAsync();
        var said = new TokenUsage { Input = 60 };
        await TrackAsync(test, "tiered", said, [NewAttempt(1, said), NewAttempt(2, null)]);

        var repricing = await test.Session.RepriceAsync(cancellationToken: Token);

        repricing.Costs.Should().BeEmpty();
        repricing.Responses.Single().Should().Match<RepricedResponse>(it => it.Cost == null && it.Unpriced == "responses without tokens");
    }

    [Fact]
    public async Task AttemptThatWasRefused_IsNotMissing()
    {
        await using var test = await OpenAsync();
        var said = new TokenUsage { Input = 60 };
        var refused = NewAttempt(1, null) with { Outcome = AttemptOutcome.Failed };
        await TrackAsync(test, "tiered", said, [refused, NewAttempt(2, said)]);

        (await test.Session.RepriceAsync(cancellationToken: Token)).Costs["USD"].Should().Be(0.00006m);
    }

    [Fact]
    public async Task CostOfThePast_IsExplainedByItsRecord_WhenTheCatalogueHasMovedOn()
    {
        var models = new ModelRegistry([NewModel("m", new() { Input = 7m, Source = new("catalogue", new DateOnly(2026, 1, 1)) })]);
        await using var test = await TestSession.OpenAsync(options => options.Models = models);
        await TrackAsync(test, "m", new() { Input = 1_000_000 }, []);
        models.Register(NewModel("m", new() { Input = 3m, Source = new("catalogue", new DateOnly(2026, 9, 1)) }));

        var recorded = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        var then = await test.Session.RepriceAsync(asOf: new DateOnly(2026, 3, 1), cancellationToken: Token);

        recorded.Cost!.Amount.Should().Be(7m);
        recorded.Cost.PriceSource.Should().Be(new FactSource("catalogue", new DateOnly(2026, 1, 1)));
        then.Unpriced.Should().ContainKey("scripted/m (no price of 2026-03-01 or before is kept)");
        then.Responses.Single().Recorded!.Amount.Should().Be(7m);
    }

    private static Attempt NewAttempt(int call, TokenUsage? usage) =>
        new()
        {
            Number = call,
            ModelCall = call,
            Provider = "scripted",
            RequestedModel = "tiered",
            StartedAt = DateTimeOffset.UnixEpoch,
            Outcome = AttemptOutcome.Succeeded,
            Usage = usage,
        };

    [Fact]
    public async Task Day_IsPricedByTheCatalogueThatWasKeptThen()
    {
        var (before, after) = (new DateOnly(2026, 3, 1), new DateOnly(2026, 9, 1));
        var models = new ModelRegistry();
        models.UseSnapshots(day =>
        {
            var date = day < after ? before : after;
            var price = new ModelPrice { Input = date == before ? 7m : 3m, Source = new("models.dev", date) };
            return new(date, [NewModel("dated", price) with { Source = new("models.dev", date) }]);
        });
        await using var test = await TestSession.OpenAsync(options => options.Models = models);
        await TrackAsync(test, "dated", new() { Input = 1_000_000 }, []);

        (await test.Session.RepriceAsync(asOf: new DateOnly(2026, 5, 1), cancellationToken: Token)).Costs["USD"].Should().Be(7m);
        (await test.Session.RepriceAsync(asOf: after, cancellationToken: Token)).Costs["USD"].Should().Be(3m);
        (await test.Session.RepriceAsync(asOf: before.AddDays(-1), cancellationToken: Token))
            .Unpriced.Should()
            .ContainKey("scripted/dated (no price of 2026-02-28 or before is kept)");
    }

    private static Task<TrackedResponse> TrackAsync(TestSession test, string model, TokenUsage? usage, Attempt[] attempts) =>
        test.Session.Responses.TrackAsync(
            "k",
            new()
            {
                Provider = "scripted",
                RequestedModel = model,
                Usage = usage,
                Attempts = attempts,
            },
            Token
        );

    private static Task<TestSession> OpenAsync() =>
        TestSession.OpenAsync(options =>
            options.Models = new([
                NewModel(
                    "dear",
                    new()
                    {
                        Input = 1_000m,
                        Output = 10_000m,
                        Source = new("test", new DateOnly(2026, 1, 1)),
                    }
                ),
                NewModel(
                    "cheap",
                    new()
                    {
                        Input = 1m,
                        Output = 20m,
                        Source = new("test"),
                    }
                ),
                NewModel(
                    "tiered",
                    new()
                    {
                        Input = 1m,
                        Source = new("test"),
                        Tiers = [new() { AboveInputTokens = 100, Input = 2m }],
                    }
                ),
                NewModel(
                    "classes",
                    new()
                    {
                        Input = 2m,
                        CachedInput = 0.2m,
                        CacheWrite = 2.5m,
                        CacheWrite1h = 4m,
                        Output = 10m,
                        Reasoning = 8m,
                        Source = new("test"),
                    }
                ),
            ])
        );

    private static ModelDescriptor NewModel(string id, ModelPrice price) =>
        new()
        {
            Provider = "scripted",
            Id = id,
            Price = price,
        };
}
