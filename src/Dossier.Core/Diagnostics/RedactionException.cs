namespace Dossier;

/// <summary>An <see cref="IRedactor"/> failed, so that what it was to look at was neither stored nor shown.</summary>
public sealed class RedactionException : DossierException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which redactor, what it did, and what to do. Not the text.</param>
    /// <param name="innerException">What the redactor threw.</param>
    public RedactionException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}
