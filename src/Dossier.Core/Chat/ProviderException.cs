namespace Dossier;

/// <summary>
/// A call to a model failed. Keys in the message are masked. The vendor's own exception is the inner one, unless a key stands
/// somewhere in it.
/// </summary>
public sealed class ProviderException : DossierException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="provider">The provider that was called.</param>
    /// <param name="model">The model that was asked for.</param>
    /// <param name="failure">What the failure means.</param>
    /// <param name="message">Subject, value and remedy.</param>
    /// <param name="innerException">The vendor's own exception, when no key stands in it.</param>
    public ProviderException(string provider, string model, ProviderFailure failure, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(failure);
        (Provider, Model, Failure) = (provider, model, failure);
    }

    /// <summary>The provider that was called.</summary>
    public string Provider { get; }

    /// <summary>The model that was asked for.</summary>
    public string Model { get; }

    /// <summary>What the failure means: its kind, HTTP status, and how long to wait.</summary>
    public ProviderFailure Failure { get; }

    /// <summary>The full name of the type of the vendor's own exception.</summary>
    public string? VendorType { get; init; }

    /// <summary>What was taken out of the message.</summary>
    internal IReadOnlyList<Redaction>? Redactions { get; init; }

    /// <inheritdoc/>
    public override bool IsTransient => Failure.IsTransient;
}
