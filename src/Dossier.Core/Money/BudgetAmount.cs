using System.Globalization;

namespace Dossier;

/// <summary>So much money, so many tokens, so many calls: what was spent, what is set aside, what is left. Exact.</summary>
public sealed record BudgetAmount
{
    /// <summary>The currency of every budget (ISO 4217).</summary>
    internal const string Currency = "USD";

    internal static readonly BudgetAmount Nothing = new();

    /// <summary>Money, in USD.</summary>
    public decimal Cost { get; init; }

    /// <summary>Tokens of all classes.</summary>
    public long Tokens { get; init; }

    /// <summary>Model calls.</summary>
    public long Calls { get; init; }

    /// <summary>The sums.</summary>
    public static BudgetAmount operator +(BudgetAmount left, BudgetAmount right) =>
        ReferenceEquals(right, Nothing) ? left
        : ReferenceEquals(left, Nothing) ? right
        : new()
        {
            Cost = left.Cost + right.Cost,
            Tokens = left.Tokens + right.Tokens,
            Calls = left.Calls + right.Calls,
        };

    /// <summary>The differences; they may be negative.</summary>
    public static BudgetAmount operator -(BudgetAmount left, BudgetAmount right) =>
        ReferenceEquals(right, Nothing)
            ? left
            : new()
            {
                Cost = left.Cost - right.Cost,
                Tokens = left.Tokens - right.Tokens,
                Calls = left.Calls - right.Calls,
            };

    /// <summary>All three, for people; the money is exact.</summary>
    public override string ToString() => $"{Money(Cost)}, {Count(Tokens, "token")}, {Count(Calls, "call")}";

    internal static string Money(decimal amount) => string.Create(CultureInfo.InvariantCulture, $"{amount:0.00##########} {Currency}");

    internal static string Count(long count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {unit}{(count == 1 ? "" : "s")}");
}
