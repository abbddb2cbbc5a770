using Dossier.Storage;

namespace Dossier;

/// <summary>The calls of a session as a file has them: see docs/replay.md. Messages, options and data are as a storage keeps them.</summary>
/// <param name="Location">Where it is, as messages call it.</param>
/// <param name="Calls">The calls, in their order.</param>
/// <param name="Data">The images, files and vectors of the answers.</param>
internal sealed record Cassette(
    string Location,
    IReadOnlyList<CassetteCall> Calls,
    IReadOnlyDictionary<ContentDigest, ReadOnlyMemory<byte>> Data
)
{
    public const int Version = 1;
    public const string Head = "dossier cassette ";

    /// <summary>64 MiB: a person has stopped reading long before.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    /// <summary>Over all calls, each with everything that it was sent: what a file says in short may be long.</summary>
    public const int MostMessages = 1_000_000;

    /// <summary>Its name, without a directory: that is the same on every machine.</summary>
    public string Name => Path.GetFileName(Location) is { Length: > 0 } name ? name : Location;
}

/// <summary>One call: what was asked, and what came back.</summary>
internal sealed record CassetteCall
{
    /// <summary>The line that it begins in.</summary>
    public int Line { get; init; }

    public required ResponseOperation Operation { get; init; }

    public required ModelReference Model { get; init; }

    public CassetteStep? Step { get; init; }

    /// <summary>How many calls back the one is whose messages and answer were sent before <see cref="Request"/>; 0 when none were.</summary>
    public int Back { get; init; }

    /// <summary>The options; null when there are none that count.</summary>
    public ReadOnlyMemory<byte>? Options { get; init; }

    public IReadOnlyList<ReadOnlyMemory<byte>> Request { get; init; } = [];

    /// <summary>What came back; of a call without an answer the model calls before the one that failed.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Answer { get; init; } = [];

    /// <summary>Who answered: for each model call, or for all of them as one.</summary>
    public IReadOnlyList<CassetteServing> Servings { get; init; } = [];

    public bool HasAnswer { get; init; }
}

/// <summary>The step that a call was made in.</summary>
internal sealed record CassetteStep(string Name, ContentDigest Key);

/// <summary>Who gave an answer, and what it took.</summary>
/// <param name="End">How many messages of the answer there are up to its end.</param>
/// <param name="By">The model that was asked, where it is a fallback; null for that of the call.</param>
/// <param name="Model">The model that answered, as the provider says.</param>
/// <param name="Usage">Its tokens.</param>
/// <param name="Finish">Why it stopped.</param>
internal sealed record CassetteServing(int End, ModelReference? By, string? Model, TokenUsage? Usage, string? Finish);
