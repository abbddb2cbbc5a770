namespace Dossier;

/// <summary>A model of a provider, written <c>provider/model</c>.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The model's id, as the provider knows it; may itself contain slashes.</param>
public sealed record ModelReference(string Provider, string Model)
{
    /// <summary><c>provider/model</c>.</summary>
    public override string ToString() => $"{Provider}/{Model}";

    /// <summary>What a client of the caller's own calls: what the caller says, as <c>provider/model</c>, else what the client says of itself.</summary>
    internal static ModelReference OfTracked(string? name, string? provider, string? model)
    {
        if (name is null)
            return new(provider ?? "unknown", model ?? "unknown");
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 ? new(name[..slash], name[(slash + 1)..]) : new("unknown", name);
    }
}

/// <summary>A model could not be settled on: nothing knows the name, several providers have it, or none was named.</summary>
public sealed class ModelResolutionException : DossierException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="model">The name that was asked for; null when none was.</param>
    /// <param name="candidates">The names that come nearest, as <c>provider/model</c> or provider names.</param>
    /// <param name="message">Subject, value and remedy.</param>
    public ModelResolutionException(string? model, IReadOnlyList<string> candidates, string message)
        : base(message) => (Model, Candidates) = (model, candidates);

    /// <summary>The name that was asked for; null when none was.</summary>
    public string? Model { get; }

    /// <summary>The names that come nearest, or between which the choice is open.</summary>
    public IReadOnlyList<string> Candidates { get; }
}
