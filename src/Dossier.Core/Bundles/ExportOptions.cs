using Dossier.Storage;

namespace Dossier;

/// <summary>What a bundle is to hold.</summary>
public sealed record ExportOptions
{
    /// <summary>Whether the content goes along, and the texts of the records.</summary>
    /// <value><see cref="BundleContent.Whole"/> by default.</value>
    public BundleContent Content { get; init; }

    internal BundleLimits Limits { get; init; } = BundleLimits.Default;

    /// <summary>Makes the names in a directory durable.</summary>
    internal Action<string> Sync { get; init; } = DirectorySync.Flush;
}

/// <summary>How much of a session a bundle holds.</summary>
public enum BundleContent
{
    /// <summary>The bytes of all artifacts, messages and inputs that the records name. The default.</summary>
    Whole,

    /// <summary>
    /// Their digests and sizes only: no prompt, no answer and no artifact. The records say what they say: names, tags, metadata, errors, and the
    /// names of tools. Such a bundle can be opened and compared, and not imported.
    /// </summary>
    DigestsOnly,

    /// <summary>
    /// As <see cref="DigestsOnly"/>, and the records without texts: names, tags, keys, and what tools, steps and authors are called have stand-ins, the same
    /// for the same text; owner, metadata, application version and machine are left out, and so are the texts of errors and reasons. Ids, digests, times, numbers, models
    /// and the names of types stay. Such a bundle can be opened, and not imported.
    /// </summary>
    Redacted,
}

/// <summary>How a bundle is imported.</summary>
public sealed record ImportOptions
{
    /// <summary>The id of the session in this store; null for the one that it had.</summary>
    public string? SessionId { get; init; }
}
