namespace Dossier;

/// <summary>How a session is forked.</summary>
public sealed record ForkOptions
{
    /// <summary>Where: what was recorded behind that point is not in the fork.</summary>
    /// <value><see cref="ForkPoint.Now"/> by default.</value>
    public ForkPoint At { get; init; } = ForkPoint.Now;

    /// <summary>The id of the fork, which no session may have; see <see cref="SessionInfo.Id"/>.</summary>
    /// <value>Null by default: it is made up.</value>
    public string? SessionId { get; init; }

    /// <summary>The name of the fork. Keys and tokens in it are masked.</summary>
    /// <value>Null by default: that of the original.</value>
    public string? Name { get; init; }

    /// <summary>The tags of the fork. Keys and tokens in them are masked.</summary>
    /// <value>Null by default: those of the original.</value>
    public IReadOnlyList<string>? Tags { get; init; }
}
