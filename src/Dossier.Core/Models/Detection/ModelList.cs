namespace Dossier;

/// <summary>What a provider says it serves. Of each model only those facts are known that it states itself.</summary>
public sealed record ModelList
{
    /// <summary>The models; <see cref="ModelDescriptor.Id"/> is what a call names.</summary>
    public required IReadOnlyList<ModelDescriptor> Models { get; init; }

    /// <summary>What stood in the answer and could not be read, or not wholly.</summary>
    /// <value>Empty by default.</value>
    public IReadOnlyList<UnreadableModel> Skipped { get; init; } = [];
}

/// <summary>A model of a provider's list that could not be read, or of which a fact could not.</summary>
/// <param name="Model">Its id; null when it has none that can be read.</param>
/// <param name="Reason">What is wrong, with the value.</param>
public sealed record UnreadableModel(string? Model, string Reason);

/// <summary>A provider's answer to the question for its models cannot be used: it is no list of models, too long, or broke off.</summary>
public sealed class ModelDetectionException : DossierException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="provider">The provider that was asked.</param>
    /// <param name="message">Subject, value and remedy.</param>
    /// <param name="innerException">What caused it, where something did.</param>
    public ModelDetectionException(string provider, string message, Exception? innerException = null)
        : base(message, innerException) => Provider = provider;

    /// <summary>The provider that was asked.</summary>
    public string Provider { get; }
}
