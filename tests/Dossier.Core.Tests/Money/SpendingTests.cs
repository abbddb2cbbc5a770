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

    [Fact]
    public void AnswerThatNothingWasHeldFor_WithTokensOfAClassWithoutPrice_CountsItsTokens()
    {
        var spent = Spending.Of([s_unpriced]);

        spent.Should().Be(new BudgetAmount { Tokens = 1_000, Calls = 1 });
    }
}
