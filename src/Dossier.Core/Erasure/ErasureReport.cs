using System.Globalization;

namespace Dossier;

/// <summary>What an erasure has removed. Nothing when it was erased before.</summary>
public sealed record ErasureReport
{
    /// <summary>How many sessions, with all that they owned.</summary>
    public long Sessions { get; init; }

    /// <summary>How many versions of artifacts.</summary>
    public long Artifacts { get; init; }

    /// <summary>How many responses.</summary>
    public long Responses { get; init; }

    /// <summary>How many messages of conversations.</summary>
    public long Messages { get; init; }

    /// <summary>How many contents that nothing uses any more; what was unused before goes with it.</summary>
    public long Contents { get; init; }

    /// <summary>The size of those contents, in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>With a session more.</summary>
    internal ErasureReport With(SessionErasure erasure) =>
        this with
        {
            Sessions = Sessions + 1,
            Artifacts = Artifacts + erasure.Artifacts,
            Responses = Responses + erasure.Responses,
            Messages = Messages + erasure.Messages,
        };

    /// <summary>The same in a sentence.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"erased {PurgeReport.Count(Sessions, "session")}, {PurgeReport.Count(Artifacts, "artifact")}, {PurgeReport.Count(Responses, "response")}, {PurgeReport.Count(Messages, "message")} and {PurgeReport.Count(Contents, "content")} of {Bytes:N0} bytes"
        );
}
