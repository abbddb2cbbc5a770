using System.Globalization;
using System.Text;

namespace Dossier;

/// <summary>What a verification has looked at and what it found.</summary>
public sealed record VerifyReport
{
    /// <summary>Whether nothing was found wrong.</summary>
    public bool IsClean => ProblemCount == 0;

    /// <summary>How many sessions were read.</summary>
    public long Sessions { get; init; }

    /// <summary>How many artifacts were read.</summary>
    public long Artifacts { get; init; }

    /// <summary>How many responses were read.</summary>
    public long Responses { get; init; }

    /// <summary>How many messages of conversations were read, and their hashes computed again.</summary>
    public long Messages { get; init; }

    /// <summary>How many sessions were erased before: no problem, and nothing of them is looked for.</summary>
    public long ErasedSessions { get; init; }

    /// <summary>How many of <see cref="VerifyOptions.ChainHeads"/> were met by a chain in which everything fits.</summary>
    public long NotedChains { get; init; }

    /// <summary>How many contents were hashed, each once.</summary>
    public long Contents { get; init; }

    /// <summary>How many bytes were hashed.</summary>
    public long Bytes { get; init; }

    /// <summary>How many of the contents no record names: no problem, and what a purge frees. Not counted for a single session.</summary>
    public long Unreferenced { get; init; }

    /// <summary>Their size in bytes.</summary>
    public long UnreferencedBytes { get; init; }

    /// <summary>
    /// How many records that <see cref="VerifyOptions.ChainHeads"/> covers were purged or replaced since that was noted. No problem where
    /// somebody did that; if nobody did, it was made to look so.
    /// </summary>
    public long GoneSinceNoted { get; init; }

    /// <summary>What was found wrong: the first 1,000.</summary>
    public IReadOnlyList<VerifyProblem> Problems { get; init; } = [];

    /// <summary>How much was found wrong.</summary>
    public long ProblemCount { get; init; }

    /// <summary>The report as a person reads it: a line when all is well, and a paragraph for each problem otherwise.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var verdict = IsClean ? "clean" : Count(ProblemCount, "problem");
        text.Append(
            $"Verified {Count(Sessions, "session")}, {Count(Artifacts, "artifact")}, {Count(Responses, "response")}, {Count(Messages, "message")} and {Count(Contents, "content")} of {Count(Bytes, "byte")}: {verdict}."
        );
        if (NotedChains > 0)
            text.Append($"\n{Count(NotedChains, "noted chain")} {(NotedChains == 1 ? "was" : "were")} met.");
        if (GoneSinceNoted > 0)
            text.Append(
                $"\n{Count(GoneSinceNoted, "record")} of what was noted {(GoneSinceNoted == 1 ? "was" : "were")} purged or replaced since."
            );
        if (ErasedSessions > 0)
            text.Append($"\n{Count(ErasedSessions, "session")} {(ErasedSessions == 1 ? "was" : "were")} erased.");
        if (Unreferenced > 0)
            text.Append(
                $"\n{Count(Unreferenced, "content")} of {Count(UnreferencedBytes, "byte")} {(Unreferenced == 1 ? "is" : "are")} named by no record; a purge frees {(Unreferenced == 1 ? "it" : "them")}."
            );
        foreach (var problem in Problems)
            text.Append("\n\n").Append(problem);
        if (ProblemCount > Problems.Count)
            text.Append(CultureInfo.InvariantCulture, $"\n\nand {ProblemCount - Problems.Count:N0} more.");
        return text.ToString();
    }

    private static string Count(long count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");
}
