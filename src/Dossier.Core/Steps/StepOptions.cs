namespace Dossier;

/// <summary>How a step is run.</summary>
public sealed record StepOptions
{
    private static readonly TimeSpan s_shortestLease = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestLease = TimeSpan.FromDays(1);

    internal static readonly StepOptions Default = new();

    /// <summary>The author's version of the body; a new one runs the step, and all that is nested in it, again.</summary>
    /// <value>Null by default.</value>
    public string? Version { get; init; }

    /// <summary>
    /// For how long a process that says nothing keeps the step. While the body runs, the lease is renewed every third of it; one that cannot
    /// be renewed cancels the body's token. The lease of a process that is seen to have ended, on the same machine, counts no more.
    /// </summary>
    /// <value>1 second to 1 day; 30 seconds by default.</value>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether to throw a <see cref="StepException"/> when somebody else is running the step, instead of waiting for the result.</summary>
    /// <value>False by default.</value>
    public bool FailWhenBusy { get; init; }

    /// <summary>How often the body is run, at the most, when it fails; each run is an attempt of its own.</summary>
    /// <value>1 to 100; 1 by default.</value>
    public int MaxAttempts { get; init; } = 1;

    /// <summary>How long to wait before the body is run again.</summary>
    /// <value>Zero to 1 day; zero by default.</value>
    public TimeSpan RetryDelay { get; init; }

    /// <summary>Which failures are worth another run.</summary>
    /// <value>Null by default: all but a result that cannot be kept, and a cancellation by the caller.</value>
    public Func<Exception, bool>? ShouldRetry { get; init; }

    /// <summary>Whether to run the step again when what its body read has changed since; otherwise the change is reported, and the result stays.</summary>
    /// <value>False by default.</value>
    public bool RerunWhenReadsChange { get; init; }

    /// <summary>The name of the artifact that is the result.</summary>
    /// <value>Null by default: <c>step/NAME/</c> and the first 12 digits of the key, so that a new version is a new run of the same step.</value>
    public string? ArtifactName { get; init; }

    /// <summary>The type of the result's content: a MIME type, or a short name such as <c>markdown</c>.</summary>
    /// <value>Null by default: <c>text/plain</c> for text, <c>application/octet-stream</c> for bytes, else <c>application/json</c>.</value>
    public string? ContentType { get; init; }

    /// <exception cref="ArgumentException">Something is out of its bounds; all of it is named.</exception>
    internal void Check(string parameter)
    {
        var problems = new List<string>();
        if (Lease < s_shortestLease || Lease > s_longestLease)
            problems.Add($"Lease is {Lease}; set it to {s_shortestLease} to {s_longestLease}.");
        if (MaxAttempts is < 1 or > 100)
            problems.Add($"MaxAttempts is {MaxAttempts}; set it to 1 to 100.");
        if (RetryDelay < TimeSpan.Zero || RetryDelay > s_longestLease)
            problems.Add($"RetryDelay is {RetryDelay}; set it to zero to {s_longestLease}.");
        AddProblem(problems, ArtifactName, static name => Identifiers.CheckName(name, nameof(ArtifactName)));
        AddProblem(problems, ContentType, static type => ContentTypes.Resolve(type, nameof(ContentType)));
        if (problems.Count > 0)
            throw new ArgumentException($"The options of the step are not valid. {string.Join(" ", problems)}", parameter);
    }

    private static void AddProblem(List<string> problems, string? value, Action<string> check)
    {
        try
        {
            if (value is not null)
                check(value);
        }
        catch (ArgumentException e)
        {
            problems.Add(e.Message);
        }
    }
}

/// <summary>How a step is run for each of many items.</summary>
public sealed record MapOptions
{
    internal static readonly MapOptions Default = new();

    /// <summary>How many items are worked on at a time.</summary>
    /// <value>1 to 1,024; 4 by default.</value>
    public int MaxConcurrency { get; init; } = 4;

    /// <summary>Inputs that all items share, beside the item itself.</summary>
    /// <value>Empty by default.</value>
    public IReadOnlyList<StepInput> Inputs { get; init; } = [];

    /// <summary>How each item's step is run.</summary>
    /// <value>Null by default: the defaults of each.</value>
    public StepOptions? Step { get; init; }

    /// <exception cref="ArgumentException">The concurrency is out of its bounds.</exception>
    internal void Check(string parameter)
    {
        if (MaxConcurrency is < 1 or > 1024)
            throw new ArgumentException($"MaxConcurrency is {MaxConcurrency}; set it to 1 to 1,024.", parameter);
        ArgumentNullException.ThrowIfNull(Inputs, parameter);
        Step?.Check(parameter);
    }
}
