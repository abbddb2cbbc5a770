namespace Dossier;

/// <summary>What the steps of one name took together, or a single step.</summary>
public sealed record StepTotals
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>How many steps there are, by how far they are.</summary>
    public required IReadOnlyDictionary<StepStatus, int> Steps { get; init; }

    /// <summary>How often their bodies were begun; of what a fork has inherited, nothing.</summary>
    public required long Attempts { get; init; }

    /// <summary>How long their latest attempts took together; of those that have ended.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>What the responses took that were made in them and in steps within them, however deep. It counts for each of the steps around it.</summary>
    public required AttemptTotals Spent { get; init; }

    /// <summary>The part of it that was not made in steps within them: over all names, these add up to what was spent in steps.</summary>
    public required AttemptTotals Own { get; init; }

    /// <summary>The part of their own that earlier attempts of a step took than its latest, whose work was lost and done again.</summary>
    public required AttemptTotals Repeated { get; init; }
}
