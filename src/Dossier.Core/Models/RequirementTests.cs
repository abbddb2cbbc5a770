namespace Dossier;

/// <summary>
/// Whether a model meets a requirement: yes, no, or unknown; yes where nothing is required. The one place that decides, for the
/// validation that explains and for the search through all models that does not.
/// </summary>
internal static class RequirementTests
{
    private const string Usd = "USD";

    /// <summary>Whether the model meets all of them.</summary>
    public static bool Meets(ModelDescriptor model, TaskRequirements requirements) =>
        Suits(AtLeast(model.ContextTokens, requirements.MinContextTokens), requirements)
        && Suits(AtLeast(model.MaxOutputTokens, requirements.MinOutputTokens), requirements)
        && Suits(Has(model.Vision, requirements.Vision), requirements)
        && Suits(Has(model.Tools, requirements.Tools), requirements)
        && Suits(Has(model.StructuredOutput, requirements.StructuredOutput), requirements)
        && Suits(Has(JsonMode(model), requirements.JsonMode), requirements)
        && Suits(Has(model.Reasoning, requirements.Reasoning), requirements)
        && Suits(Has(model.Streaming, requirements.Streaming), requirements)
        && Suits(Has(model.AudioInput, requirements.AudioInput), requirements)
        && Suits(Has(model.PdfInput, requirements.PdfInput), requirements)
        && Suits(Has(model.SystemPrompt, requirements.SystemPrompt), requirements)
        && Suits(Has(model.PromptCaching, requirements.PromptCaching), requirements)
        && Suits(Has(model.Embeddings, requirements.Embeddings), requirements)
        && Suits(AtMost(model.Price, model.Price?.Input, requirements.MaxInputPricePerMillion), requirements)
        && Suits(AtMost(model.Price, model.Price?.Output, requirements.MaxOutputPricePerMillion), requirements)
        && (requirements.MaxCostPerCall is null || Suits(CostsAtMost(model, requirements), requirements));

    public static bool? AtLeast(long? has, long? needed) =>
        needed is null ? true
        : has is null ? null
        : has >= needed;

    public static bool? Has(Support support, bool? needed) =>
        needed is not true ? true
        : support == Support.Unknown ? null
        : support == Support.Yes;

    /// <summary>Output that keeps to a schema is JSON, whatever is known of a mode without one.</summary>
    public static Support JsonMode(ModelDescriptor model) =>
        model.JsonMode == Support.Unknown && model.StructuredOutput == Support.Yes ? Support.Yes : model.JsonMode;

    /// <summary>Whether an amount in the currency of a price is within a bound in USD.</summary>
    public static bool? AtMost(ModelPrice? price, decimal? amount, decimal? highest) =>
        highest is null ? true
        : amount is null || !IsUsd(price) ? null
        : amount <= highest;

    public static bool? CostsAtMost(ModelDescriptor model, TaskRequirements requirements) =>
        AtMost(model.Price, model.Price?.AmountOfCall(UsageOf(requirements)), requirements.MaxCostPerCall);

    /// <summary>The tokens of the call that is asked about.</summary>
    /// <exception cref="ArgumentException">A cost per call is bounded, and nothing says what a call is.</exception>
    public static TokenUsage UsageOf(TaskRequirements requirements) =>
        requirements.ExpectedUsage
        ?? throw new ArgumentException(
            $"{nameof(TaskRequirements)}.{nameof(TaskRequirements.MaxCostPerCall)} is set, and what a call costs depends on its tokens. Set {nameof(TaskRequirements.ExpectedUsage)} as well.",
            nameof(requirements)
        );

    public static bool IsUsd(ModelPrice? price) => price is not null && price.Currency.Equals(Usd, StringComparison.OrdinalIgnoreCase);

    private static bool Suits(bool? passes, TaskRequirements requirements) => passes ?? requirements.UnknownIsSuitable;
}
