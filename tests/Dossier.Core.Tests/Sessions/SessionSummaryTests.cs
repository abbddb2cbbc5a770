using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Sessions;

public sealed class SessionSummaryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Summary_CountsEverythingOnce()
    {
        await using var test = await FilledAsync();

        var summary = await test.Session.GetSummaryAsync(Token);

        summary
            .Artifacts.Should()
            .Equal(
                new ArtifactTotals
                {
                    ContentType = "text/plain",
                    Count = 2,
                    Bytes = 11,
                },
                new ArtifactTotals
                {
                    ContentType = "application/json",
                    Count = 1,
                    Bytes = 10,
                }
            );
        summary
            .Responses.Should()
            .Equal(new Dictionary<ResponseOutcome, int> { [ResponseOutcome.Succeeded] = 2, [ResponseOutcome.Failed] = 1 });
        summary
            .Tokens.Should()
            .Be(
                new TokenUsage
                {
                    Input = 1_010,
                    CachedInput = 500,
                    CacheWrite = 60,
                    CacheWrite1h = 40,
                    Output = 204,
                }
            );
        summary.Costs.Should().Equal(new Dictionary<string, decimal> { ["USD"] = 0.25m });
        summary.Unpriced.Should().Be(1);
        summary.Failed.Single().Error.Should().Be("it broke");
        summary.Slowest.Select(r => r.Subject).Should().Equal("slow", "broken", "scripted/script-1");
        summary.Age.Should().Be(TimeSpan.FromMinutes(90));
    }

    [Fact]
    public async Task Table_SaysWhatAPersonAsks()
    {
        await using var test = await FilledAsync();

        var table = (await test.Session.GetSummaryAsync(Token)).ToString();

        table.Should().Contain($"Session     {test.Session.Id}  Demo");
        table.Should().Contain("Status      active");
        table.Should().Contain("Age         1 h 30 min");
        table.Should().Contain("2 × text/plain, 11 bytes");
        table.Should().Contain("2 succeeded, 1 failed");
        table.Should().Contain("1,814 (1,010 input, 500 cached input, 60 cache write, 40 cache write for an hour, 204 output)");
        table.Should().Contain("0.25 USD + 1 unpriced");
        table.Should().Contain("broken failed: it broke");
    }

    [Fact]
    public async Task Summary_IsSerialisable()
    {
        await using var test = await FilledAsync();
        var summary = await test.Session.GetSummaryAsync(Token);

        var json = JsonSerializer.SerializeToElement(summary);

        json.GetProperty("Session").GetProperty("Status").GetString().Should().Be("Active");
        json.GetProperty("Session").GetProperty("Id").GetString().Should().Be(test.Session.Id);
        json.GetProperty("Costs").GetProperty("USD").GetDecimal().Should().Be(0.25m);
        JsonSerializer.Deserialize<SessionSummary>(json)!.ToString().Should().Be(summary.ToString());
    }

    [Fact]
    public async Task DefaultModelThatNobodyKnows_IsNamed()
    {
        await using var test = await TestSession.OpenAsync(o => o.Model = "gpt-5-minni");

        (await test.Session.GetSummaryAsync(Token)).DefaultModel!.Id.Should().Be("gpt-5-minni");
    }

    [Fact]
    public async Task AmountsOfDifferentCurrencies_AreNotAdded()
    {
        await using var test = await TestSession.OpenAsync();
        foreach (var currency in new[] { "USD", "EUR" })
        {
            var cost = new Cost
            {
                Amount = 1,
                Currency = currency,
                PriceSource = new("test"),
            };
            await test.Session.Responses.TrackAsync(
                "call",
                new()
                {
                    Provider = "p",
                    RequestedModel = "m",
                    Cost = cost,
                },
                Token
            );
        }
        await test.Session.Responses.TrackAsync("call", new() { Provider = "p", RequestedModel = "m" }, Token);

        var summary = await test.Session.GetSummaryAsync(Token);

        summary.Models.Single().Costs.Should().Equal(new Dictionary<string, decimal> { ["EUR"] = 1, ["USD"] = 1 });
        summary.ToString().Should().Contain("3 × p/m, 0 tokens, 1.00 EUR + 1.00 USD + 1 unpriced");
    }

    [Fact]
    public async Task EmptySession_HasASummary()
    {
        await using var test = await TestSession.OpenAsync();

        var table = (await test.Session.GetSummaryAsync(Token)).ToString();

        table.Should().Contain("Artifacts   none").And.Contain("Responses   none").And.Contain("Cost        nothing");
    }

    private static async Task<TestSession> FilledAsync()
    {
        var test = await TestSession.OpenAsync(o => o.Name = "Demo");
        var session = test.Session;
        await session.StoreArtifactAsync("a", "hello", cancellationToken: Token);
        await session.StoreArtifactAsync("a", "hello!", cancellationToken: Token);
        await session.StoreArtifactAsync("b", new { n = 1.25 }, cancellationToken: Token);
        await session.GetChatClient("scripted/script-1").GetResponseAsync("hi", cancellationToken: Token);
        await session.Responses.TrackAsync(
            "slow",
            new()
            {
                Duration = TimeSpan.FromSeconds(3),
                Usage = new()
                {
                    Input = 1_000,
                    CachedInput = 500,
                    CacheWrite = 60,
                    CacheWrite1h = 40,
                    Output = 200,
                },
                Cost = new() { Amount = 0.25m, PriceSource = new("test") },
            },
            Token
        );
        await session.Responses.TrackAsync(
            "broken",
            new()
            {
                Success = false,
                Duration = TimeSpan.FromSeconds(1),
                Error = new() { Type = "System.Exception", Message = "it broke" },
            },
            Token
        );
        test.Time.Advance(TimeSpan.FromMinutes(90));
        return test;
    }
}
