using System.Globalization;
using Dossier.Storage;

namespace Dossier;

/// <summary>What stays of a session that was erased: that it was, and when. Nothing of what was in it, neither its name nor its owner.</summary>
public sealed record SessionErasure
{
    /// <summary>The id that it had; no session is given it again.</summary>
    public required string SessionId { get; init; }

    /// <summary>When it was erased, UTC, in whole microseconds.</summary>
    public required DateTimeOffset ErasedAt { get; init; }

    /// <summary>How many versions of artifacts it had.</summary>
    public long Artifacts { get; init; }

    /// <summary>How many responses it had.</summary>
    public long Responses { get; init; }

    /// <summary>How many messages of conversations it had.</summary>
    public long Messages { get; init; }

    /// <summary>Why, as the caller said; secrets are masked.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// Whether all remains are gone from the disk. False while an erasure is under way, and when it died: the records are gone, and the next
    /// opening of the store or the next erasure removes what is left.
    /// </summary>
    public bool IsComplete { get; init; }

    /// <summary>Which session, when, what it had and why, in one line. The same in every culture.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{SessionId} erased {ErasedAt:yyyy-MM-dd HH:mm:ss}{(IsComplete ? "" : ", not complete yet")}: {PurgeReport.Count(Artifacts, "artifact")}, {PurgeReport.Count(Responses, "response")}, {PurgeReport.Count(Messages, "message")}{(Reason is null ? "" : $"; {SummaryTable.OneLine(Reason)}")}"
        );

    /// <summary>The same in a sentence, as the end of messages.</summary>
    internal string Text => $"was erased on {ErasedAt.Text()}";
}
