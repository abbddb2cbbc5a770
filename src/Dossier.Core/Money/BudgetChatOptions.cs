using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Limits of single calls, in their options.</summary>
public static class BudgetChatOptions
{
    internal const string CostKey = "dossier.max_cost";
    internal const string TokensKey = "dossier.max_tokens";

    /// <summary>
    /// Limits what each model call with these options may take, beside what the session's budget says; the narrower limit holds. A call without
    /// a cap on its output is sent with one that fits. The limits are recorded with the options, and not sent to the vendor.
    /// </summary>
    /// <param name="options">The options; changed and returned.</param>
    /// <param name="maxCost">What a model call may cost, in USD; 0 or more. Null for no limit.</param>
    /// <param name="maxTokens">How many tokens of all classes it may use; 0 or more. Null for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is negative.</exception>
    public static ChatOptions WithBudget(this ChatOptions options, decimal? maxCost = null, long? maxTokens = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (maxCost is { } cost)
            ArgumentOutOfRangeException.ThrowIfNegative(cost, nameof(maxCost));
        if (maxTokens is { } tokens)
            ArgumentOutOfRangeException.ThrowIfNegative(tokens, nameof(maxTokens));
        Set(CostKey, maxCost);
        Set(TokensKey, maxTokens);
        return options;

        void Set(string key, object? limit)
        {
            if (limit is not null)
                (options.AdditionalProperties ??= [])[key] = limit;
            else
                options.AdditionalProperties?.Remove(key);
        }
    }

    /// <summary>Whether there are such limits.</summary>
    internal static bool Has(ChatOptions? options) =>
        options?.AdditionalProperties is { } properties && (properties.ContainsKey(CostKey) || properties.ContainsKey(TokensKey));

    internal static (decimal? MaxCost, long? MaxTokens) Read(ChatOptions? options) =>
        (
            options?.AdditionalProperties?.GetValueOrDefault(CostKey) as decimal?,
            options?.AdditionalProperties?.GetValueOrDefault(TokensKey) as long?
        );

    /// <summary>Takes the limits out of options.</summary>
    internal static (decimal? MaxCost, long? MaxTokens) Take(ChatOptions options)
    {
        if (!Has(options))
            return default;
        var limits = Read(options);
        options.AdditionalProperties!.Remove(CostKey);
        options.AdditionalProperties.Remove(TokensKey);
        return limits;
    }

    /// <summary>The session's limits, narrowed by those of a call; null when nothing is limited.</summary>
    internal static Budget? Narrow(Budget? session, decimal? maxCost, long? maxTokens)
    {
        if (maxCost is null && maxTokens is null)
            return session is { Limits: true } ? session : null;
        session ??= new();
        return session with
        {
            MaxCostPerCall = Least(maxCost, session.MaxCostPerCall),
            MaxTokensPerCall = Least(maxTokens, session.MaxTokensPerCall),
        };
    }

    private static T? Least<T>(T? left, T? right)
        where T : struct, IComparable<T> => left is { } it && !(right?.CompareTo(it) < 0) ? it : right;
}
