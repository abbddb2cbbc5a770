using System.Globalization;

namespace Dossier;

/// <summary>What a call may take, worked out before it is made. <see cref="ToString"/> is for people.</summary>
public sealed record CallEstimate
{
    /// <summary>The model, as <c>provider/model</c>.</summary>
    public required string Model { get; init; }

    /// <summary>The tokens that would be sent: messages, instructions, tools and schemas; as near as it is known.</summary>
    public required long InputTokens { get; init; }

    /// <summary>The number of tokens that what is sent is not expected to exceed; budgets hold as much.</summary>
    public required long InputTokensAtMost { get; init; }

    /// <summary>How text was counted: the name of the model's encoding, or the rule of the estimate. Images and files are always estimated.</summary>
    public required string CountedBy { get; init; }

    /// <summary>The tokens of output that the call may have, by its options or by what the model can; null when neither is known.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>How many tokens fit into a call of the model; null when unknown.</summary>
    public long? ContextTokens { get; init; }

    /// <summary>Whether the input fits, with an output of the options' length where they have one: no, when even the lower count does not; unknown when the limit is, or when it depends on the margin.</summary>
    public required Support FitsContext { get; init; }

    /// <summary>What the call costs when the model says nothing; null when its price is not known.</summary>
    public Cost? MinCost { get; init; }

    /// <summary>What the call costs when the model uses all of its output; null when its price or the length of its output is not known.</summary>
    public Cost? MaxCost { get; init; }

    /// <summary>What the budget would say now.</summary>
    public required BudgetVerdict Budget { get; init; }

    /// <summary>The cap that the budget would put on the output; null when it would not narrow it.</summary>
    public long? OutputCap { get; init; }

    /// <summary>The limit that narrows or refuses the call, a member of <see cref="Dossier.Budget"/>; null when none does.</summary>
    public string? NarrowedBy { get; init; }

    /// <summary>Tokens, context, cost and budget, in one line.</summary>
    public override string ToString()
    {
        var cost = (MinCost, MaxCost) switch
        {
            ({ } min, { } max) => $"{min} to {max}",
            ({ } min, null) => $"{min} and more",
            _ => "cost unknown",
        };
        var context = FitsContext switch
        {
            Support.Yes => "fits",
            Support.No => "does not fit",
            _ => "may not fit",
        };
        var verdict = NarrowedBy is null ? Budget.ToString() : $"{Budget} by {NarrowedBy}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Model}: {InputTokens:N0} tokens of input, at most {InputTokensAtMost:N0} ({CountedBy}), {context}; {cost}; budget: {verdict}"
        );
    }
}

/// <summary>What a budget says to a call.</summary>
public enum BudgetVerdict
{
    /// <summary>There is no budget.</summary>
    Unlimited,

    /// <summary>There is room for all that the call may take.</summary>
    Fits,

    /// <summary>There is room for the call with its output capped.</summary>
    Capped,

    /// <summary>There may be room when calls that are under way have ended; until then the call waits.</summary>
    Waits,

    /// <summary>There is no room.</summary>
    Exhausted,

    /// <summary>The budget is in money, and nothing is known of what the model costs.</summary>
    Unpriced,
}
