namespace Dossier;

/// <summary>
/// With <see cref="ReplayMode.Only"/>, a request that the recorded session has no answer to. The message shows the nearest recorded request and
/// the first difference; what is recorded and logged of it leaves the excerpts out.
/// </summary>
public sealed class ReplayMissException : DossierException
{
    internal ReplayMissException(
        string sourceId,
        string model,
        string reason,
        ReplayOrigin? nearest,
        RequestDifference? difference,
        bool isCassette
    )
        : base(difference is null ? $"{reason}. {Remedy(isCassette)}" : $"{reason}. First difference: {difference} {Remedy(isCassette)}")
    {
        (SourceId, Model, Nearest, Difference) = (sourceId, model, nearest, difference);
        WithoutContent = $"{reason}. {Remedy(isCassette)}";
    }

    /// <summary>The session that was to answer; of a cassette, the name of its file.</summary>
    public string SourceId { get; }

    /// <summary>The model that was asked, as <c>provider/model</c>.</summary>
    public string Model { get; }

    /// <summary>The recorded model call whose request is nearest; null when none is recorded.</summary>
    public ReplayOrigin? Nearest { get; }

    /// <summary>The first difference from it; null when there is none, because its answers are used up or it has none.</summary>
    public RequestDifference? Difference { get; }

    /// <summary>The message without what was sent.</summary>
    internal string WithoutContent { get; }

    private static string Remedy(bool isCassette) =>
        isCassette
            ? "Record it anew, with a key and the environment variable DOSSIER_CASSETTES set to record."
            : "Record it anew, or set SessionOptions.Replay to Cached to let it go out.";
}

/// <summary>The first place in which two requests differ. Keys and tokens in it are masked.</summary>
/// <param name="Place">Where, for example <c>message 2, content 1, character 57</c>, <c>option temperature</c> or <c>tool 'weather', schema, character 12</c>; places count from 1.</param>
/// <param name="Expected">What is recorded there, up to 80 characters around the place; null when nothing is.</param>
/// <param name="Actual">What the request has there; null when it has nothing.</param>
public sealed record RequestDifference(string Place, string? Expected, string? Actual)
{
    /// <summary>The place, what is recorded there and what the request has.</summary>
    public override string ToString() => $"{Place}: recorded is {Quoted(Expected)}, the request has {Quoted(Actual)}.";

    private static string Quoted(string? text) => text is null ? "nothing" : $"\"{text}\"";
}
