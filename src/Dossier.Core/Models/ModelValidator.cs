using System.Globalization;

namespace Dossier;

/// <summary>Holds a model against the requirements of a task.</summary>
internal static class ModelValidator
{
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
            Feature(model, ModelFact.Embeddings, "embeddings", model.Embeddings, requirements.Embeddings),
            AtMost(model, "max_input_price_per_million", "input", model.Price?.Input, requirements.MaxInputPricePerMillion),
            AtMost(model, "max_output_price_per_million", "output", model.Price?.Output, requirements.MaxOutputPricePerMillion),
            CostPerCall(model, requirements),
        ];
        return new ModelValidation
        {
            Model = model,
            Requirements = requirements,
            Checks = [.. checks.OfType<RequirementCheck>()],
            Warnings = WarningOf(model) is { } warning ? [warning] : [],
        };
    }

    /// <summary>What speaks against a model that is deprecated or gone, and what to use instead; null for others.</summary>
    public static string? WarningOf(ModelDescriptor model)
    {
        if (model.LifeCycle is not (LifeCycle.Deprecated or LifeCycle.EndOfLife))
            return null;
        var since = model.LifeCycle == LifeCycle.EndOfLife ? Since(model.EndOfLifeOn) : Since(model.DeprecatedOn);
        var end = model is { LifeCycle: LifeCycle.Deprecated, EndOfLifeOn: { } last } ? $", and is served until {Day(last)}" : "";
        var remedy = model.Replacement is null ? "No replacement is known." : $"Use {model.Provider}/{model.Replacement} instead.";
        return $"{model.Provider}/{model.Id} is {model.LifeCycleText}{since}{end} ({model.SourceOf(ModelFact.LifeCycle)}). {remedy}";
    }

    private static string Since(DateOnly? date) => date is { } day ? $" since {Day(day)}" : "";

    private static string Day(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

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
        return Check(model, requirement, fact, ModelDescriptor.Tokens(has), RequirementTests.AtLeast(has, needed), reason);
    }

    private static RequirementCheck? AtMost(ModelDescriptor model, string requirement, string what, decimal? price, decimal? ceiling)
    {
        if (ceiling is not { } highest)
            return null;
        var limit = string.Create(CultureInfo.InvariantCulture, $"a million {what} tokens may cost at most {highest} USD");
        var passes = RequirementTests.AtMost(model.Price, price, ceiling);
        return Check(
            model,
            requirement,
            ModelFact.Price,
            price is null ? "unpriced" : $"{Amount(price, model)} per million {what} tokens",
            passes,
            Affordable(model, passes, price, limit)
        );
    }

    private static RequirementCheck? CostPerCall(ModelDescriptor model, TaskRequirements requirements)
    {
        if (requirements.MaxCostPerCall is not { } highest)
            return null;
        var usage = RequirementTests.UsageOf(requirements);
        var cost = model.Price?.AmountOfCall(usage);
        var limit = string.Create(
            CultureInfo.InvariantCulture,
            $"a call of {usage.TotalInput:N0} input and {usage.TotalOutput:N0} output tokens may cost at most {highest} USD"
        );
        var passes = RequirementTests.CostsAtMost(model, requirements);
        return Check(
            model,
            "max_cost_per_call",
            ModelFact.Price,
            model.Price?.ToString() ?? "unpriced",
            passes,
            Affordable(model, passes, cost, limit)
        );
    }

    private static string Affordable(ModelDescriptor model, bool? passes, decimal? amount, string limit) =>
        passes switch
        {
            true => $"{limit}, and cost {Amount(amount, model)}",
            false => $"{limit}, but cost {Amount(amount, model)}",
            null when amount is null => $"{limit}, but it is unpriced",
            null => $"{limit}, but its price is in {model.Price!.Currency}",
        };

    private static string Amount(decimal? amount, ModelDescriptor model) =>
        string.Create(CultureInfo.InvariantCulture, $"{amount:0.############} {model.Price?.Currency}");

    private static RequirementCheck? Reads(ModelDescriptor model, string requirement, string what, Support support, bool? needed)
    {
        var reason = support switch
        {
            Support.Yes => $"it reads {what}",
            Support.No => $"it does not read {what}",
            _ => $"whether it reads {what} is not known",
        };
        return needed is true
            ? Check(
                model,
                requirement,
                ModelFact.InputModalities,
                ModalitiesText.Of(model.InputModalities),
                RequirementTests.Has(support, needed),
                reason
            )
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
        return needed is true ? Check(model, fact, fact, TextOf(support), RequirementTests.Has(support, needed), reason) : null;
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

    private static string TextOf(Support support) =>
        support switch
        {
            Support.Yes => "yes",
            Support.No => "no",
            _ => "unknown",
        };
}
