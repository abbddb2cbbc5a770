namespace Dossier;

/// <summary>A catalogue of models could not be read or fetched. What was known of models before is still in force.</summary>
public sealed class ModelCatalogueException : DossierException
{
    private readonly bool _transient;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">Subject, value and remedy.</param>
    /// <param name="innerException">What it was caused by.</param>
    /// <param name="isTransient">Whether a later try may succeed, as with a server that does not answer.</param>
    public ModelCatalogueException(string message, Exception? innerException = null, bool isTransient = false)
        : base(message, innerException) => _transient = isTransient;

    /// <inheritdoc/>
    public override bool IsTransient => _transient;
}
