namespace Dossier;

/// <summary>How far an artifact is explained.</summary>
public sealed class ExplainOptions
{
    /// <summary>The most artifacts, values, steps and responses that an explanation has; what is behind those beyond is left out, and counted.</summary>
    /// <value>1 to 100,000; 1,000 by default.</value>
    public int MaxNodes { get; set; } = 1000;

    /// <summary>How many characters are shown of each message that was sent, and of each value that a step was given; with 0 none are read.</summary>
    /// <value>0 to 1,000,000; 2,000 by default.</value>
    public int MaxTextLength { get; set; } = 2000;

    internal void Check(string argument)
    {
        if (MaxNodes is < 1 or > 100_000)
            throw new ArgumentOutOfRangeException(argument, MaxNodes, $"{nameof(MaxNodes)} is {MaxNodes}; give 1 to 100,000.");
        if (MaxTextLength is < 0 or > 1_000_000)
            throw new ArgumentOutOfRangeException(
                argument,
                MaxTextLength,
                $"{nameof(MaxTextLength)} is {MaxTextLength}; give 0 to 1,000,000."
            );
    }
}
