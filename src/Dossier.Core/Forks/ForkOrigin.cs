using Dossier.Storage;

namespace Dossier;

/// <summary>Where a session was forked from.</summary>
public sealed record ForkOrigin
{
    /// <summary>The id of the session, as it was at that time; it may have been deleted since.</summary>
    public required string SessionId { get; init; }

    /// <summary>The response at which it was forked; null when it was at a step, or as it was.</summary>
    public string? ResponseId { get; init; }

    /// <summary>The step at which it was forked; null when it was at a response, or as it was.</summary>
    public ContentDigest? StepKey { get; init; }

    /// <summary>The sequence of the last record up to which records were inherited.</summary>
    public long Sequence { get; init; }
}

/// <summary>The response that one in a fork is a copy of: the first, where forks were forked.</summary>
/// <param name="SessionId">The session that made it.</param>
/// <param name="ResponseId">Its id there, which it has in the fork as well.</param>
public sealed record ResponseOrigin(string SessionId, string ResponseId);
