namespace Dossier;

/// <summary>Orders in which <see cref="ModelRegistry.Find(TaskRequirements, IComparer{ModelDescriptor}, IEnumerable{string}, int)"/> lists models; any other comparer will do as well.</summary>
public static class ModelOrder
{
    /// <summary>The largest context window first; those of which it is unknown last.</summary>
    public static IComparer<ModelDescriptor> LargestContext { get; } =
        Comparer<ModelDescriptor>.Create(static (a, b) => Nullable.Compare(b.ContextTokens, a.ContextTokens));

    /// <summary>The latest release first; those of which it is unknown last.</summary>
    public static IComparer<ModelDescriptor> Newest { get; } =
        Comparer<ModelDescriptor>.Create(static (a, b) => Nullable.Compare(b.ReleasedOn, a.ReleasedOn));

    /// <summary>The cheapest first, by what one call would cost; those that are unpriced, or priced in another currency than USD, last.</summary>
    /// <param name="usage">The tokens of the call; only their proportion and, where a model has tiers of prices, the size of the input matter. 3,000 of input and 1,000 of output when null.</param>
    public static IComparer<ModelDescriptor> Cheapest(TokenUsage? usage = null) => new CostOrder(usage ?? CostOrder.TypicalUsage);
}

/// <summary>Orders models by what one call costs.</summary>
internal sealed class CostOrder(TokenUsage usage) : IComparer<ModelDescriptor>
{
    public static TokenUsage TypicalUsage { get; } = new() { Input = 3_000, Output = 1_000 };

    /// <summary>The cost in USD; the highest number there is when it is unknown.</summary>
    public decimal CostOf(ModelDescriptor model) =>
        RequirementTests.IsUsd(model.Price) ? model.Price!.AmountOfCall(usage) ?? decimal.MaxValue : decimal.MaxValue;

    public int Compare(ModelDescriptor? x, ModelDescriptor? y) => CostOf(x!).CompareTo(CostOf(y!));
}
