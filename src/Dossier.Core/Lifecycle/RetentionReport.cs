using System.Globalization;

namespace Dossier;

/// <summary>What a retention policy has moved to the trash, or what a dry run would.</summary>
public sealed record RetentionReport
{
    /// <summary>Whether it was a dry run, which moves nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>How many sessions.</summary>
    public long Sessions { get; init; }

    /// <summary>How many versions of artifacts, those of the sessions not counted.</summary>
    public long Artifacts { get; init; }

    /// <summary>The size of those artifacts, in bytes. Content that something else uses as well is not freed by a purge.</summary>
    public long Bytes { get; init; }

    /// <summary>The same in a sentence.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(IsDryRun ? "would move" : "moved")} {PurgeReport.Count(Sessions, "session")} and {PurgeReport.Count(Artifacts, "artifact")} of {Bytes:N0} bytes to the trash"
        );
}
