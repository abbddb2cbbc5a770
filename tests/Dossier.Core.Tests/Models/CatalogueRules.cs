namespace Dossier.Core.Tests.Models;

/// <summary>What has to hold between the facts of a catalogue, whatever the models are.</summary>
internal static class CatalogueRules
{
    /// <summary>The records that cannot be right, each with the rule that it breaks.</summary>
    /// <param name="models">All models of the catalogue.</param>
    /// <param name="date">The day of which it is.</param>
    public static IReadOnlyList<string> FaultsOf(IReadOnlyList<ModelDescriptor> models, DateOnly date)
    {
        var served = models.ToLookup(model => model.Provider, StringComparer.OrdinalIgnoreCase);
        return
        [
            .. DoubleNames(models),
            .. from model in models
            from fault in Sources(model)
                .Concat(Limits(model))
                .Concat(Prices(model))
                .Concat(Dates(model, date))
                .Concat(Replacements(model, served[model.Provider]))
                .Concat(Features(model))
            select $"{model.Provider}/{model.Id}: {fault}",
        ];
    }

    private static IEnumerable<string> DoubleNames(IReadOnlyList<ModelDescriptor> models) =>
        models
            .SelectMany(model => model.Aliases.Prepend(model.Id).Select(name => $"{model.Provider}/{name}"))
            .CountBy(name => name, StringComparer.OrdinalIgnoreCase)
            .Where(count => count.Value > 1)
            .Select(count => $"{count.Key}: the name is there {count.Value} times");

    private static IEnumerable<string> Sources(ModelDescriptor model)
    {
        if (model.Source.Name.Length == 0 || model.Source.Date is null)
            yield return "its source has no name or no date";
        if (model.OtherSources.Any(other => other.Value.Date is null || !ModelFact.Names.Contains(other.Key)))
            yield return "the source of a fact has no date, or the fact no name";
        if (model.Price is { } price && price.Source != model.SourceOf(ModelFact.Price))
            yield return "its price has another source than the fact";
    }

    private static IEnumerable<string> Limits(ModelDescriptor model)
    {
        if (model.ContextTokens is null && model.LifeCycle != LifeCycle.EndOfLife)
            yield return "the context of a model that is served is not known";
        if (model.ContextTokens <= 0 || model.MaxInputTokens <= 0 || model.MaxOutputTokens <= 0)
            yield return "a limit is not above 0";
        if (model.MaxOutputTokens > model.ContextTokens)
            yield return "its output is above its context";
        if (model.MaxInputTokens > model.ContextTokens)
            yield return "its input is above its context";
    }

    private static IEnumerable<string> Prices(ModelDescriptor model)
    {
        if (model.Price is not { } price)
            yield break;
        var isLocal = model.Provider == "local";
        foreach (var prices in price.Tiers.Prepend<TokenPrices>(price))
        {
            if (!isLocal && (prices.Input is null or <= 0 || prices.Output <= 0 || prices.CachedInput <= 0))
                yield return "it is free, or its input is unpriced";
            if (prices.CachedInput > prices.Input)
                yield return "cached input costs more than input";
            if (prices.CacheWrite < prices.Input || prices.CacheWrite1h < (prices.CacheWrite ?? prices.Input))
                yield return "a cache write costs less than what it does more";
            if (prices.AudioInput < prices.Input || prices.CachedAudioInput > prices.AudioInput || prices.AudioOutput < prices.Output)
                yield return "sound costs less than text, or cached sound more than what is not";
            if (prices.CachedAudioInput is not null && prices.AudioInput is null)
                yield return "cached sound has a price, and sound none";
            if (prices.CacheWrite1h is not null && prices.CacheWrite is null)
                yield return "a cache write for an hour has a price, and the usual one none";
        }
        foreach (var tier in price.Tiers)
        {
            if (tier.AboveInputTokens <= 0 || price.Tiers.Count(other => other.AboveInputTokens == tier.AboveInputTokens) > 1)
                yield return "a tier has no threshold of its own";
            if (!(tier.Input > price.Input) || !(tier.Output > price.Output))
                yield return "a tier is not dearer than the base";
            if (
                (price.CachedInput is null) != (tier.CachedInput is null)
                || (price.CacheWrite is null) != (tier.CacheWrite is null)
                || (price.CacheWrite1h is null) != (tier.CacheWrite1h is null)
                || (price.AudioInput is null) != (tier.AudioInput is null)
                || (price.AudioOutput is null) != (tier.AudioOutput is null)
            )
                yield return "a tier prices other classes than the base";
        }
    }

    private static IEnumerable<string> Dates(ModelDescriptor model, DateOnly date)
    {
        if (model.ReleasedOn < new DateOnly(2020, 1, 1) || model.ReleasedOn > date)
            yield return "it was released before there were such models, or is yet to come";
        if (model.KnowledgeCutoff > (model.ReleasedOn ?? date))
            yield return "it knows what came after it";
        if (model.DeprecatedOn < model.ReleasedOn || model.EndOfLifeOn < (model.DeprecatedOn ?? model.ReleasedOn))
            yield return "its dates are out of order";
        if (model.EndOfLifeOn is { } end && end <= date != (model.LifeCycle == LifeCycle.EndOfLife))
            yield return "its end and its life cycle disagree";
        if (model.DeprecatedOn <= date && model.LifeCycle is not (LifeCycle.Deprecated or LifeCycle.EndOfLife))
            yield return "it was deprecated, and its life cycle does not say so";
    }

    private static IEnumerable<string> Replacements(ModelDescriptor model, IEnumerable<ModelDescriptor> others)
    {
        if (model.Replacement is not { } name)
        {
            if (model.LifeCycle is LifeCycle.Deprecated or LifeCycle.EndOfLife)
                yield return "it goes or is gone, and nothing says what to use";
            yield break;
        }
        var replacement = others.FirstOrDefault(other => other.Aliases.Prepend(other.Id).Contains(name, StringComparer.OrdinalIgnoreCase));
        if (replacement is null)
            yield return $"its replacement {name} is not there";
        else if (replacement == model)
            yield return "it replaces itself";
        else if (replacement.LifeCycle == LifeCycle.EndOfLife)
            yield return $"its replacement {name} is no longer served";
        else if (replacement.EndOfLifeOn <= model.EndOfLifeOn)
            yield return $"its replacement {name} ends no later than it does";
    }

    private static IEnumerable<string> Features(ModelDescriptor model)
    {
        if (
            model.ReasoningOptions is { } options
            && (
                model.Reasoning != Support.Yes
                || options.Efforts.Distinct().Count() != options.Efforts.Count
                || options.MinBudgetTokens > options.MaxBudgetTokens
            )
        )
            yield return "it does not reason, or its options for that contradict each other";
        if (model.Embeddings == Support.Yes != model.EmbeddingDimensions is >= 64 || model.EmbeddingDimensions > 8192)
            yield return "it embeds without a plausible number of dimensions, or has them without embedding";
        if (model.Embeddings == Support.Yes && model.OutputModalities != Modalities.None)
            yield return "it embeds, and writes";
        if (model.Embeddings != Support.Yes && model.OutputModalities is null or Modalities.None)
            yield return "it neither embeds nor writes";
        if ((model.MediaTypes.Count > 0 || model.ImageLimits is not null) && model.Vision != Support.Yes)
            yield return "it reads no images, and has types or limits of them";
        if (model.MediaTypes.Any(type => type.Count(c => c == '/') != 1))
            yield return "a media type is none";
        if (model.ImageLimits is { } limits && (limits.MaxImages <= 0 || limits.MaxBytes <= 0 || limits.MaxSidePixels <= 0))
            yield return "a limit of images is not above 0";
    }
}
