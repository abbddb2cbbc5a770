using Dossier.Storage;

namespace Dossier;

/// <summary>Where a session is forked: as it is, behind a response, or behind a step. A response or a step can be given as it is.</summary>
public sealed record ForkPoint
{
    private ForkPoint() { }

    /// <summary>The session as it is when it is forked.</summary>
    public static ForkPoint Now { get; } = new();

    /// <summary>The response; null for another point.</summary>
    public string? ResponseId { get; private init; }

    /// <summary>The step; null for another point.</summary>
    public ContentDigest? StepKey { get; private init; }

    /// <summary>The session that the response or step was read from; null when only its id is known.</summary>
    internal string? SessionId { get; private init; }

    /// <summary>The session as it was when a response had ended.</summary>
    /// <param name="id">The response's id.</param>
    public static ForkPoint AtResponse(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new() { ResponseId = id };
    }

    /// <summary>The session as it was when a step's result had been kept.</summary>
    /// <param name="key">The step's key.</param>
    public static ForkPoint AtStep(ContentDigest key) => new() { StepKey = key };

    /// <summary>The session as it was when a response had ended.</summary>
    public static implicit operator ForkPoint(TrackedResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return AtResponse(response.Id) with { SessionId = response.SessionId };
    }

    /// <summary>The session as it was when a step's result had been kept.</summary>
    public static implicit operator ForkPoint(StepRecord step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return AtStep(step.Key) with { SessionId = step.SessionId };
    }

    /// <summary>The response or the step, or <c>now</c>.</summary>
    public override string ToString() =>
        ResponseId is { } response ? $"response {response}"
        : StepKey is { } step ? $"step {step}"
        : "now";
}
