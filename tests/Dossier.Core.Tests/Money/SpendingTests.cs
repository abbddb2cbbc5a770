namespace Dossier.Core.Tests.Money;

public sealed class SpendingTests
{
    private static readonly CallNeed s_need = new(
        new("acme", "m"),
        1_000,
        500,
        new ModelPrice
        {
            Input = 2m,
            CacheWrite = 2.5m,
            Output = 10m,
            Source = new("test"),
        }
    );

    private static readonly Attempt s_unpriced = new()
    {
        Number = 1,
        Provider = "acme",
        RequestedModel = "m",
        ModelCall = 1,
        StartedAt = default,
        Outcome = AttemptOutcome.Succeeded,
        Usage = new() { CacheWrite1h = 900, Output = 100 },
    };

    [Fact]
    public void AnswerOfAPricedModel_WithTokensOfAClassWithoutPrice_IsChargedAtItsWorst()
    {
        var spent = Spending.Of([s_unpriced], s_need, new() { Cost = 7m }, arrived: 3);

        spent
            .Should()
            .Be(
                new BudgetAmount
                {
                    Cost = 0.0025m + 0.001m,
                    Tokens = 1_000,
                    Calls = 1,
                }
            );
    }

    public static TheoryData<ResponseError?, bool> Failures =>
        new()
        {
            { null, true },
            {
                new() { Message = "?", Kind = ProviderErrorKind.Unknown },
                true
            },
            {
                new() { Message = "?", Kind = ProviderErrorKind.StreamInterrupted },
                true
            },
            {
                new()
                {
                    Message = "?",
                    Kind = ProviderErrorKind.Timeout,
                    StatusCode = 408,
                },
                true
            },
            {
                new()
                {
                    Message = "?",
                    Kind = ProviderErrorKind.ServerError,
                    StatusCode = 503,
                },
                true
            },
            {
                new() { Message = "?", Kind = ProviderErrorKind.Overloaded },
                true
            },
            {
                new()
                {
                    Message = "?",
                    Kind = ProviderErrorKind.Overloaded,
                    StatusCode = 503,
                },
                false
            },
            {
                new()
                {
                    Message = "?",
                    Kind = ProviderErrorKind.Unknown,
                    StatusCode = 418,
                },
                false
            },
            {
                new() { Message = "?", Kind = ProviderErrorKind.RateLimited },
                false
            },
            {
                new() { Message = "?", Kind = ProviderErrorKind.Connection },
                false
            },
            {
                new() { Message = "?", Kind = ProviderErrorKind.Misconfigured },
                false
            },
        };

    [Theory]
    [MemberData(nameof(Failures))]
    public void FailureWithoutUsage_IsChargedUnlessItWasSurelyRefused(ResponseError? error, bool isCharged)
    {
        var held = new BudgetAmount { Cost = 7m, Tokens = 1_500 };
        var failed = s_unpriced with { Outcome = AttemptOutcome.Failed, Usage = null, Error = error };

        Spending.Of([failed], s_need, held, arrived: 0).Should().Be(isCharged ? held with { Calls = 1 } : new());
    }

    [Fact]
    public void AnswerThatNothingWasHeldFor_WithTokensOfAClassWithoutPrice_CountsItsTokens()
    {
        var spent = Spending.Of([s_unpriced]);

        spent.Should().Be(new BudgetAmount { Tokens = 1_000, Calls = 1 });
    }
}
