namespace Dossier;

/// <summary>
/// The base of every failure that Dossier reports, apart from misuse (<see cref="ArgumentException"/>,
/// <see cref="ObjectDisposedException"/>) and configuration (<c>OptionsValidationException</c>).
/// The message gives the subject, the value and the remedy; keys and tokens in it are masked.
/// </summary>
public class DossierException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Subject, value and remedy.</param>
    /// <param name="innerException">What it was caused by.</param>
    public DossierException(string message, Exception? innerException = null)
        // Most messages come masked; some name what a caller gave, who may have put a key in the wrong place.
        : base(SecretMasker.ApplyShapes(message), innerException) { }

    /// <summary>Whether the same call may succeed when it is simply made again later.</summary>
    public virtual bool IsTransient => false;
}

/// <summary>A session, artifact, response or content that was asked for by id does not exist.</summary>
public sealed class NotFoundException(string message) : DossierException(message);

/// <summary>A commit was refused because something was not as its guard demanded; nothing of the commit was written.</summary>
public sealed class ConflictException : DossierException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="guard">The name of the guard that failed, for example <c>session.revision</c>.</param>
    /// <param name="expected">What the guard demanded.</param>
    /// <param name="actual">What is there now; null when nothing is.</param>
    /// <param name="message">Subject, value and remedy.</param>
    public ConflictException(string guard, string? expected, string? actual, string message)
        : base(message) => (Guard, Expected, Actual) = (guard, expected, actual);

    /// <summary>The name of the guard that failed, for example <c>session.revision</c>.</summary>
    public string Guard { get; }

    /// <summary>What the guard demanded.</summary>
    public string? Expected { get; }

    /// <summary>What is there now; null when nothing is.</summary>
    public string? Actual { get; }
}

/// <summary>The store could not be opened, read or written: a path, a permission, a full disk, a damaged file.</summary>
public class StorageException : DossierException
{
    private readonly bool _transient;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">Subject, value and remedy.</param>
    /// <param name="innerException">What it was caused by.</param>
    /// <param name="isTransient">Whether a later try may succeed, as with a lock that was held too long.</param>
    public StorageException(string message, Exception? innerException = null, bool isTransient = false)
        : base(message, innerException) => _transient = isTransient;

    /// <inheritdoc/>
    public override bool IsTransient => _transient;
}
