using Dossier.Storage;

namespace Dossier;

/// <summary>What a bundle is to hold.</summary>
public sealed record ExportOptions
{
    /// <summary>Whether the content goes along.</summary>
    /// <value><see cref="BundleContent.Whole"/> by default.</value>
    public BundleContent Content { get; init; }

    internal BundleLimits Limits { get; init; } = BundleLimits.Default;

    /// <summary>Makes the names in a directory durable.</summary>
    internal Action<string> Sync { get; init; } = DirectorySync.Flush;
}

/// <summary>Whether a bundle holds content.</summary>
public enum BundleContent
{
    /// <summary>The bytes of all artifacts, messages and inputs that the records name. The default.</summary>
    Whole,

    /// <summary>
    /// Their digests and sizes only: no prompt, no answer and no artifact. The records say what they say: names, tags, metadata, errors, and the
    /// names of tools. Such a bundle can be opened and compared, and not imported.
    /// </summary>
    DigestsOnly,
}

/// <summary>How a bundle is imported.</summary>
public sealed record ImportOptions
{
    /// <summary>The id of the session in this store; null for the one that it had.</summary>
    public string? SessionId { get; init; }
}
