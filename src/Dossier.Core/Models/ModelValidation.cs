using System.Text;

namespace Dossier;

/// <summary>Whether a model meets the requirements of a task, requirement by requirement. Converts to a boolean.</summary>
public sealed record ModelValidation
{
    /// <summary>The model.</summary>
    public required ModelDescriptor Model { get; init; }

    /// <summary>What was required.</summary>
    public required TaskRequirements Requirements { get; init; }

    /// <summary>One check per requirement that was set.</summary>
    public required IReadOnlyList<RequirementCheck> Checks { get; init; }

    /// <summary>What speaks against the model without being required, such as its coming end.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Models that meet the requirements where this one does not, the cheapest first: at most three, of the providers that are configured.</summary>
    /// <value>Empty by default; filled by <see cref="Session.ValidateModelForTask(TaskRequirements, string?, string?)"/>.</value>
    public IReadOnlyList<ModelDescriptor> Alternatives { get; init; } = [];

    /// <summary>
    /// Whether no requirement fails. What is unknown counts as failed, unless <see cref="TaskRequirements.UnknownIsSuitable"/> says otherwise.
    /// </summary>
    public bool IsSuitable => !Shortcomings.Any();

    /// <summary>What stands between the model and the task.</summary>
    internal IEnumerable<RequirementCheck> Shortcomings =>
        Checks.Where(check =>
            check.Outcome == CheckOutcome.Fail || (check.Outcome == CheckOutcome.Unknown && !Requirements.UnknownIsSuitable)
        );

    /// <summary>
    /// Says the same as <see cref="IsSuitable"/>; false for null. Overloads that take a boolean win over those that take
    /// an object: write <c>Console.WriteLine($"{validation}")</c> to see the explanation.
    /// </summary>
    public static implicit operator bool(ModelValidation validation) => validation?.IsSuitable ?? false;

    /// <summary>The verdict, then a line per requirement and per warning, then the configured models that would do.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Model.Provider}/{Model.Id} is {(IsSuitable ? "suitable" : "not suitable")}.");
        foreach (var check in Checks)
            text.Append("\n  ").Append(check);
        foreach (var warning in Warnings)
            text.Append("\n  warning  ").Append(warning);
        if (Alternatives.Count > 0)
            text.Append("\n  these configured models fit: ").AppendJoin(", ", Alternatives.Select(model => $"{model.Provider}/{model.Id}"));
        return text.ToString();
    }
}

/// <summary>Whether a model meets one requirement, and on which fact that rests.</summary>
public sealed record RequirementCheck
{
    /// <summary>The requirement, for example <c>vision</c> or <c>min_context_tokens</c>.</summary>
    public required string Requirement { get; init; }

    /// <summary>Whether the model meets it.</summary>
    public required CheckOutcome Outcome { get; init; }

    /// <summary>The fact that decided, with its value, for example <c>context_tokens = 400,000</c>.</summary>
    public required string Fact { get; init; }

    /// <summary>Where the fact came from; null when it is unknown.</summary>
    public FactSource? Source { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>All of it, in one line.</summary>
    public override string ToString()
    {
        var outcome = Outcome switch
        {
            CheckOutcome.Pass => "pass   ",
            CheckOutcome.Fail => "fail   ",
            _ => "unknown",
        };
        return $"{outcome}  {Requirement}: {Reason} ({Fact}{(Source is null ? "" : $"; {Source}")})";
    }
}

/// <summary>The outcome of a check.</summary>
public enum CheckOutcome
{
    /// <summary>The model does not meet the requirement.</summary>
    Fail,

    /// <summary>The model meets the requirement.</summary>
    Pass,

    /// <summary>It is not known whether the model meets the requirement.</summary>
    Unknown,
}
