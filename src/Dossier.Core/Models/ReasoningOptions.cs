namespace Dossier;

/// <summary>How the reasoning of a model can be steered.</summary>
public sealed record ReasoningOptions
{
    /// <summary>The efforts that can be asked for, as the provider names them, the least first; empty when there are none or they are unknown.</summary>
    public IReadOnlyList<string> Efforts { get; init; } = [];

    /// <summary>The smallest budget of reasoning that can be set, in tokens; null when none can be set or it is unknown.</summary>
    public long? MinBudgetTokens { get; init; }

    /// <summary>The largest budget of reasoning that can be set, in tokens; null when none can be set or it is unknown.</summary>
    public long? MaxBudgetTokens { get; init; }

    /// <summary>Whether reasoning can be switched off.</summary>
    public Support CanBeOff { get; init; }
}
