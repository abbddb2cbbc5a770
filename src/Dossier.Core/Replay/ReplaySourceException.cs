namespace Dossier;

/// <summary>A session cannot be replayed from another one, because what that one recorded is not there to answer with.</summary>
public sealed class ReplaySourceException : DossierException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="sourceId">The session that was to be replayed.</param>
    /// <param name="message">Subject, value and remedy.</param>
    /// <param name="innerException">What it was caused by.</param>
    public ReplaySourceException(string sourceId, string message, Exception? innerException = null)
        : base(message, innerException) => SourceId = sourceId;

    /// <summary>The session that was to be replayed.</summary>
    public string SourceId { get; }
}
