using System.Globalization;
using System.Text;
using Dossier.Storage;

namespace Dossier;

/// <summary>Something that a verification found wrong, what it concerns and what to do about it.</summary>
public sealed record VerifyProblem
{
    /// <summary>What kind of problem it is.</summary>
    public required VerifyProblemKind Kind { get; init; }

    /// <summary>The content; null when it is none that is wrong.</summary>
    public ContentDigest? Digest { get; init; }

    /// <summary>The size that is recorded, in bytes; null where none is.</summary>
    public long? ExpectedSize { get; init; }

    /// <summary>The size that was found, in bytes; null where nothing was.</summary>
    public long? FoundSize { get; init; }

    /// <summary>What was found, in a sentence.</summary>
    public required string Description { get; init; }

    /// <summary>What to do, in a sentence or two.</summary>
    public required string Remedy { get; init; }

    /// <summary>Whether this verification has set the content aside; see <see cref="VerifyOptions.Quarantine"/>.</summary>
    public bool WasQuarantined { get; init; }

    /// <summary>The artifacts, responses, steps and messages that are affected: the first 20.</summary>
    public IReadOnlyList<AffectedRecord> Affected { get; init; } = [];

    /// <summary>How many are affected.</summary>
    public long AffectedCount { get; init; }

    /// <summary>A paragraph for a person to read.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Kind.ToString().ToLowerInvariant());
        if (Digest is { } digest)
            text.Append(' ').Append(digest);
        text.Append("\n    ").Append(Description);
        if (AffectedCount > 0)
        {
            text.Append("\n    Affected: ").AppendJoin(", ", Affected);
            if (AffectedCount > Affected.Count)
                text.Append(CultureInfo.InvariantCulture, $" and {AffectedCount - Affected.Count:N0} more");
            text.Append('.');
        }
        if (WasQuarantined)
            text.Append("\n    It was set aside now.");
        return text.Append("\n    ").Append(Remedy).ToString();
    }
}

/// <summary>A kind of problem.</summary>
public enum VerifyProblemKind
{
    /// <summary>Content that a record names is not there.</summary>
    Missing,

    /// <summary>Content is not what its digest says.</summary>
    Damaged,

    /// <summary>Content was damaged, and an earlier verification has set it aside.</summary>
    Quarantined,

    /// <summary>A file that nothing knows of, for longer than <see cref="VerifyOptions.GracePeriod"/>. Nothing that is recorded is affected.</summary>
    Orphaned,

    /// <summary>Records or content that cannot be read or decoded.</summary>
    Unreadable,

    /// <summary>Two records that contradict each other, for example in a size or a total.</summary>
    Inconsistent,

    /// <summary>
    /// A message of a conversation does not have the hash that it should have: it was changed, or what it follows is not what it was written
    /// after. The messages before it are as they were written.
    /// </summary>
    HistoryBroken,

    /// <summary>
    /// The chain of a session's artifacts and ended responses does not fit: a record was changed, removed or put in otherwise than through
    /// Dossier, or the chain does not lead through what <see cref="VerifyOptions.ChainHeads"/> says.
    /// </summary>
    ChainBroken,

    /// <summary>
    /// The index of metadata does not say what the artifacts do: queries by metadata miss artifacts that they should find. The artifacts
    /// are whole; see <see cref="VerifyOptions.RebuildIndex"/>.
    /// </summary>
    IndexMismatch,

    /// <summary>The structure of the database is damaged.</summary>
    DatabaseDamaged,

    /// <summary>A session was erased, and what it has left is not all gone yet.</summary>
    ErasureIncomplete,
}

/// <summary>An artifact, a response, a step or a message that a problem affects.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="Id">Its id; of a step its key.</param>
/// <param name="Name">The name of the artifact or the step, the conversation of the message, or the key of the response where it has one.</param>
/// <param name="Version">The artifact's version; null for the others.</param>
public sealed record AffectedRecord(string SessionId, string Id, string? Name, int? Version)
{
    /// <summary>What it is, in a few words.</summary>
    public override string ToString() =>
        Version is { } version
            ? string.Create(CultureInfo.InvariantCulture, $"artifact '{Name}' version {version} in session '{SessionId}'")
        : IsStep(out _) ? $"step '{Name}' in session '{SessionId}'"
        : IsMessage(out var message) ? $"message {message} of conversation '{Name}' in session '{SessionId}'"
        : $"response {(Name is null ? Id : $"'{Name}'")} in session '{SessionId}'";

    internal bool IsStep(out ContentDigest key) => ContentDigest.TryParse(Id, null, out key);

    internal bool IsMessage(out MessageId id) => MessageId.TryParse(Id, null, out id);
}
