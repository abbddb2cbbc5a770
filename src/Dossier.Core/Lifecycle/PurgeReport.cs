using System.Globalization;

namespace Dossier;

/// <summary>What a purge has deleted for good, or what a dry run would.</summary>
public sealed record PurgeReport
{
    /// <summary>Whether it was a dry run, which deletes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>How many sessions, with all that they owned.</summary>
    public long Sessions { get; init; }

    /// <summary>How many versions of artifacts, those of the sessions included.</summary>
    public long Artifacts { get; init; }

    /// <summary>How many responses; they go with their sessions only.</summary>
    public long Responses { get; init; }

    /// <summary>How many messages of conversations; they go with their sessions only.</summary>
    public long Messages { get; init; }

    /// <summary>How many contents that nothing used any more, files that no record knew included.</summary>
    public long Contents { get; init; }

    /// <summary>The size of those contents, in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>How many contents nothing uses that are kept until their grace period is over; a later purge deletes them.</summary>
    public long Condemned { get; init; }

    /// <summary>
    /// How many messages are missing, damaged or set aside, and how many records of responses and steps are damaged. What they name is not known,
    /// so while there are any no content is deleted; see <see cref="SessionStore.VerifyAsync"/>.
    /// </summary>
    public long UnreadableMessages { get; init; }

    /// <summary>The same in a sentence.</summary>
    public override string ToString()
    {
        var kept =
            Condemned > 0
                ? string.Create(CultureInfo.InvariantCulture, $"; {Count(Condemned, "unused content")} kept for the grace period")
                : "";
        if (UnreadableMessages > 0)
            kept += $"; no content was deleted, because {Count(UnreadableMessages, "message")} cannot be read: verify the store";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(IsDryRun ? "would purge" : "purged")} {Count(Sessions, "session")}, {Count(Artifacts, "artifact")}, {Count(Responses, "response")}, {Count(Messages, "message")} and {Count(Contents, "content")} of {Bytes:N0} bytes{kept}"
        );
    }

    internal static string Count(long number, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {what}{(number == 1 ? "" : "s")}");
}
