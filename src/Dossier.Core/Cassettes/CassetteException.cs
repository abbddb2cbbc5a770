namespace Dossier;

/// <summary>A cassette cannot be read: it is damaged, was edited into something else, or is of a newer version. Or a session is more than a cassette may hold.</summary>
public sealed class CassetteException : DossierException
{
    internal const string Remedy =
        "Restore it from version control, or record it anew with the environment variable DOSSIER_CASSETTES set to record.";

    internal CassetteException(string cassette, int line, string? expected, string message, Exception? innerException = null)
        : base(message, innerException) => (Cassette, Line, Expected) = (cassette, line, expected);

    /// <summary>The file; the name that it was given where it is a stream.</summary>
    public string Cassette { get; }

    /// <summary>The line, from 1; 0 when it is about the whole.</summary>
    public int Line { get; }

    /// <summary>What should stand there; null when it is about something else.</summary>
    public string? Expected { get; }

    internal static CassetteException Unexpected(
        string cassette,
        int line,
        string expected,
        string found,
        Exception? innerException = null
    ) =>
        new(
            cassette,
            line,
            expected,
            $"Cassette '{cassette}' cannot be read: line {line} should be {expected}, and is {Excerpt(found)}. {Remedy}",
            innerException
        );

    internal static CassetteException TooLarge(string cassette, string what) =>
        new(
            cassette,
            0,
            null,
            $"Cassette '{cassette}' would have {what}. Record less in one session, or replay the session itself with SessionOptions.ReplayFrom."
        );

    private static string Excerpt(string found) =>
        found.Length == 0 ? "empty"
        : found.Length <= 60 ? $"'{found}'"
        : $"'{found[..(char.IsHighSurrogate(found[59]) ? 59 : 60)]}…'";
}
