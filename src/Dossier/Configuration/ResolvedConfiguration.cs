namespace Dossier;

/// <summary>The configuration of all sources, complete and valid.</summary>
internal sealed class ResolvedConfiguration
{
    /// <summary>
    /// The options with nothing left to default but the session's id, name, provider and model. Every preset is among the
    /// providers, configured or not. The key is with its provider only: <see cref="SessionOptions.ApiKey"/> is null.
    /// <see cref="SessionOptions.StoragePath"/> is absolute, or null when there is a <see cref="SessionOptions.Storage"/>.
    /// </summary>
    public required SessionOptions Options { get; init; }

    /// <summary>Every secret that any source held, longest first; those of fewer than 8 characters are placeholders and left out.</summary>
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>What the sources say of models.</summary>
    public required IReadOnlyList<ModelOverride> Models { get; init; }
}
