namespace Dossier;

/// <summary>What asking one provider for its models came to.</summary>
public sealed record ModelDetection
{
    /// <summary>The provider's configured name.</summary>
    public required string Provider { get; init; }

    /// <summary>The day of the answer (UTC).</summary>
    public required DateOnly Date { get; init; }

    /// <summary>The models, each with the facts that the provider states and no others; empty when it could not be asked.</summary>
    public IReadOnlyList<ModelDescriptor> Models { get; init; } = [];

    /// <summary>What stood in the answer and could not be read, or not wholly.</summary>
    public IReadOnlyList<UnreadableModel> Skipped { get; init; } = [];

    /// <summary>
    /// Why the provider could not be asked, or why the answer could not be kept for the next process; null when all went well. What
    /// was known of the provider's models before stays in force where there are no <see cref="Models"/>.
    /// </summary>
    public Exception? Error { get; init; }
}
