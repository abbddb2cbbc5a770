using System.Globalization;
using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>
/// What a session may spend; every limit that is set holds, over all threads and processes that use the session. It is kept in
/// the session's record, so that a resumed session still has it. Money is in USD: a model that is priced in another currency
/// counts as unpriced. Immutable.
/// </summary>
public sealed record Budget
{
    private const decimal DefaultWarnAt = 0.8m;

    /// <summary>What all calls together may cost, in USD.</summary>
    /// <value>0 or more; null by default: no limit.</value>
    public decimal? MaxCost { get; init; }

    /// <summary>How many tokens all calls together may use, of all classes.</summary>
    /// <value>0 or more; null by default: no limit.</value>
    public long? MaxTokens { get; init; }

    /// <summary>How many model calls may be made: each turn of a tool loop is one, and so is each try that the vendor may bill for.</summary>
    /// <value>0 or more; null by default: no limit.</value>
    public long? MaxCalls { get; init; }

    /// <summary>What one model call may cost, in USD.</summary>
    /// <value>0 or more; null by default: no limit.</value>
    public decimal? MaxCostPerCall { get; init; }

    /// <summary>How many tokens one model call may use, of all classes.</summary>
    /// <value>0 or more; null by default: no limit.</value>
    public long? MaxTokensPerCall { get; init; }

    /// <summary>What happens to a call when nothing is left for it.</summary>
    /// <value>Null by default, which means <see cref="BudgetExhaustion.Throw"/>.</value>
    public BudgetExhaustion? WhenExhausted { get; init; }

    /// <summary>Whether a model whose price is not known may be called although there is a limit in money; its calls then count as 0.</summary>
    /// <value>Null by default, which means that it may not.</value>
    public bool? AllowUnpriced { get; init; }

    /// <summary>The part of a limit that, once it is spent, is warned of.</summary>
    /// <value>Above 0, up to 1; null by default, which means 0.8.</value>
    public decimal? WarnAt { get; init; }

    /// <summary>Whether it limits anything.</summary>
    internal bool Limits => (MaxCost ?? MaxTokens ?? MaxCalls ?? MaxCostPerCall ?? MaxTokensPerCall) is not null;

    internal bool LimitsMoney => (MaxCost ?? MaxCostPerCall) is not null;

    internal decimal WarningShare => WarnAt ?? DefaultWarnAt;

    /// <summary>The limits, for people.</summary>
    public override string ToString()
    {
        var limits = new List<string>();
        Add(MaxCost, static limit => $"{BudgetAmount.Money(limit)}");
        Add(MaxTokens, static limit => BudgetAmount.Count(limit, "token"));
        Add(MaxCalls, static limit => BudgetAmount.Count(limit, "call"));
        Add(MaxCostPerCall, static limit => $"{BudgetAmount.Money(limit)} a call");
        Add(MaxTokensPerCall, static limit => $"{BudgetAmount.Count(limit, "token")} a call");
        return limits.Count == 0 ? "no limit" : string.Join(", ", limits);

        void Add<T>(T? limit, Func<T, string> text)
            where T : struct
        {
            if (limit is { } known)
                limits.Add(text(known));
        }
    }

    /// <summary>What this one sets, and what another one sets where this one does not.</summary>
    internal Budget Over(Budget? below) =>
        below is null
            ? this
            : new()
            {
                MaxCost = MaxCost ?? below.MaxCost,
                MaxTokens = MaxTokens ?? below.MaxTokens,
                MaxCalls = MaxCalls ?? below.MaxCalls,
                MaxCostPerCall = MaxCostPerCall ?? below.MaxCostPerCall,
                MaxTokensPerCall = MaxTokensPerCall ?? below.MaxTokensPerCall,
                WhenExhausted = WhenExhausted ?? below.WhenExhausted,
                AllowUnpriced = AllowUnpriced ?? below.AllowUnpriced,
                WarnAt = WarnAt ?? below.WarnAt,
            };

    /// <summary>What is out of its bounds, each as subject, value and remedy.</summary>
    internal IEnumerable<string> Failures()
    {
        (string Name, decimal? Limit)[] limits =
        [
            (nameof(MaxCost), MaxCost),
            (nameof(MaxTokens), MaxTokens),
            (nameof(MaxCalls), MaxCalls),
            (nameof(MaxCostPerCall), MaxCostPerCall),
            (nameof(MaxTokensPerCall), MaxTokensPerCall),
        ];
        foreach (var (name, limit) in limits)
        {
            if (limit < 0)
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"Budget.{name} is {limit}; a limit is 0 or more. Leave it null for no limit."
                );
        }
        if (WarnAt is <= 0 or > 1)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Budget.{nameof(WarnAt)} is {WarnAt}; it is a part of a limit, above 0 and at most 1. Write 0.8 for 80 %."
            );
        if (WhenExhausted is { } exhaustion && !Enum.IsDefined(exhaustion))
            yield return $"Budget.{nameof(WhenExhausted)} is {exhaustion}; it is {nameof(BudgetExhaustion.Throw)} or {nameof(BudgetExhaustion.Wait)}.";
    }

    /// <exception cref="ArgumentException">A member is out of its bounds.</exception>
    internal void ThrowIfInvalid(string parameter)
    {
        if (string.Join(' ', Failures()) is { Length: > 0 } failures)
            throw new ArgumentException(failures, parameter);
    }
}

/// <summary>What happens to a call when its budget has nothing left for it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BudgetExhaustion>))]
public enum BudgetExhaustion
{
    /// <summary>It is refused with a <see cref="BudgetExceededException"/> before anything is spent. The default.</summary>
    Throw,

    /// <summary>It waits until the budget is raised or a hold is released; cancel it to end the wait.</summary>
    Wait,
}
