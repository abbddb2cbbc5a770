namespace Dossier;

/// <summary>
/// A file is no bundle, is not as it was written, is of a newer version, or cannot be opened or written; or something was asked of a bundle that it
/// does not allow. Nothing was imported.
/// </summary>
public sealed class BundleException : DossierException
{
    internal const string Remedy = "Take the file from where it was exported once more, or export the session again.";

    internal BundleException(string bundle, string? entry, string message, Exception? innerException = null)
        : base(message, innerException) => (Bundle, Entry) = (bundle, entry);

    /// <summary>The file; <c>stream</c> where it is a stream.</summary>
    public string Bundle { get; }

    /// <summary>What within the file it is about, for example <c>records.jsonl</c>; null when it is about the whole.</summary>
    public string? Entry { get; }

    internal static BundleException Refused(string bundle, string? entry, string problem, Exception? innerException = null) =>
        new(
            bundle,
            entry,
            $"Bundle '{bundle}' was refused: {(entry is null ? "" : $"'{entry}' ")}{problem}. Nothing was imported. {Remedy}",
            innerException
        );
}
