using System.Globalization;

namespace Dossier;

/// <summary>Holds a model against the requirements of a task.</summary>
internal static class ModelValidator
{
    private const string Usd = "USD";

    public static ModelValidation Validate(ModelDescriptor model, TaskRequirements requirements)
    {
        RequirementCheck?[] checks =
        [
            AtLeast(model, "min_context_tokens", ModelFact.ContextTokens, "context", model.ContextTokens, requirements.MinContextTokens),
            AtLeast(model, "min_output_tokens", ModelFact.MaxOutputTokens, "output", model.MaxOutputTokens, requirements.MinOutputTokens),
            Reads(model, "vision", "images", model.Vision, requirements.Vision),
            Feature(model, ModelFact.Tools, "tools", model.Tools, requirements.Tools),
            Feature(model, ModelFact.StructuredOutput, "structured output", model.StructuredOutput, requirements.StructuredOutput),
            JsonMode(model, requirements.JsonMode),
            Feature(model, ModelFact.Reasoning, "reasoning", model.Reasoning, requirements.Reasoning),
            Feature(model, ModelFact.Streaming, "streaming", model.Streaming, requirements.Streaming),
            Reads(model, "audio_input", "sound", model.AudioInput, requirements.AudioInput),
            Reads(model, "pdf_input", "PDF documents", model.PdfInput, requirements.PdfInput),
            Feature(model, ModelFact.SystemPrompt, "system prompts", model.SystemPrompt, requirements.SystemPrompt),
            Feature(model, ModelFact.PromptCaching, "prompt caching", model.PromptCaching, requirements.PromptCaching),
            AtMost(model, "max_input_price_per_million", "input", model.Price?.Input, requirements.MaxInputPricePerMillion),
            AtMost(model, "max_output_price_per_million", "output", model.Price?.Output, requirements.MaxOutputPricePerMillion),
        ];
        return new ModelValidation
        {
            Model = model,
            Requirements = requirements,
            Checks = [.. checks.OfType<RequirementCheck>()],
            Warnings = WarningOf(model) is { } warning ? [warning] : [],
        };
    }

    private static string? WarningOf(ModelDescriptor model)
    {
        if (model.LifeCycle is not (LifeCycle.Deprecated or LifeCycle.EndOfLife))
            return null;
        var remedy = model.Replacement is null ? "No replacement is known." : $"Use {model.Provider}/{model.Replacement} instead.";
        return $"{model.Provider}/{model.Id} is {model.LifeCycleText} ({model.SourceOf(ModelFact.LifeCycle)}). {remedy}";
    }

    private static RequirementCheck? AtLeast(ModelDescriptor model, string requirement, string fact, string what, long? has, long? needed)
    {
        if (needed is not { } minimum)
            return null;
        var reason = has switch
        {
            null => $"how many tokens of {what} it takes is not known",
            { } tokens when tokens >= minimum =>
                $"at least {ModelDescriptor.Tokens(minimum)} tokens of {what} are needed, and it takes {ModelDescriptor.Tokens(tokens)}",
            { } tokens =>
                $"at least {ModelDescriptor.Tokens(minimum)} tokens of {what} are needed, and it takes only {ModelDescriptor.Tokens(tokens)}",
        };
        return Check(model, requirement, fact, ModelDescriptor.Tokens(has), has is null ? null : has >= minimum, reason);
    }

    private static RequirementCheck? AtMost(ModelDescriptor model, string requirement, string what, decimal? price, decimal? ceiling)
    {
        if (ceiling is not { } highest)
            return null;
        var currency = model.Price?.Currency ?? Usd;
        bool? passes =
            price is not { } known ? null
            : currency.Equals(Usd, StringComparison.OrdinalIgnoreCase) ? known <= highest
            : null;
        var limit = string.Create(CultureInfo.InvariantCulture, $"a million {what} tokens may cost at most {highest} {Usd}");
        var has = string.Create(CultureInfo.InvariantCulture, $"{price} {currency}");
        var reason = passes switch
        {
            true => $"{limit}, and cost {has}",
            false => $"{limit}, but cost {has}",
            null when price is null => $"{limit}, but it is unpriced",
            null => $"{limit}, but its price is in {currency}",
        };
        return Check(model, requirement, ModelFact.Price, price is null ? "unpriced" : $"{has} per million {what} tokens", passes, reason);
    }

    private static RequirementCheck? Reads(ModelDescriptor model, string requirement, string what, Support support, bool? needed)
    {
        var reason = support switch
        {
            Support.Yes => $"it reads {what}",
            Support.No => $"it does not read {what}",
            _ => $"whether it reads {what} is not known",
        };
        return needed is true
            ? Check(model, requirement, ModelFact.InputModalities, ModalitiesText.Of(model.InputModalities), Passes(support), reason)
            : null;
    }

    private static RequirementCheck? Feature(ModelDescriptor model, string fact, string what, Support support, bool? needed)
    {
        var reason = support switch
        {
            Support.Yes => $"it supports {what}",
            Support.No => $"it does not support {what}",
            _ => $"whether it supports {what} is not known",
        };
        return needed is true ? Check(model, fact, fact, TextOf(support), Passes(support), reason) : null;
    }

    /// <summary>Output that keeps to a schema is JSON, whatever is known of a mode without one.</summary>
    private static RequirementCheck? JsonMode(ModelDescriptor model, bool? needed) =>
        needed is true && model.JsonMode == Support.Unknown && model.StructuredOutput == Support.Yes
            ? Check(
                model,
                ModelFact.JsonMode,
                ModelFact.StructuredOutput,
                TextOf(Support.Yes),
                true,
                "it can be held to a JSON schema, and so to JSON"
            )
            : Feature(model, ModelFact.JsonMode, "JSON mode", model.JsonMode, needed);

    private static RequirementCheck Check(
        ModelDescriptor model,
        string requirement,
        string fact,
        string value,
        bool? passes,
        string reason
    ) =>
        new()
        {
            Requirement = requirement,
            Outcome = passes switch
            {
                true => CheckOutcome.Pass,
                false => CheckOutcome.Fail,
                null => CheckOutcome.Unknown,
            },
            Fact = $"{fact} = {value}",
            Source = passes is null ? null : model.SourceOf(fact),
            Reason = reason,
        };

    private static bool? Passes(Support support) =>
        support switch
        {
            Support.Yes => true,
            Support.No => false,
            _ => null,
        };

    private static string TextOf(Support support) =>
        support switch
        {
            Support.Yes => "yes",
            Support.No => "no",
            _ => "unknown",
        };
}
