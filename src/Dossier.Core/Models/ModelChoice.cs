namespace Dossier;

/// <summary>Chooses among models, and says why when there is nothing to choose.</summary>
internal static class ModelChoice
{
    private const int NearMisses = 3;

    /// <summary>
    /// The models of these providers that meet the requirements and are still served, the first in order first, equal ones in the
    /// order in which they are known, and those that are deprecated after all others. One that does not write text is none for a chat, and so is there only where embeddings are asked for.
    /// </summary>
    public static List<ModelDescriptor> Find(
        IReadOnlyList<ModelDescriptor> models,
        TaskRequirements requirements,
        IComparer<ModelDescriptor>? order,
        IReadOnlySet<string>? providers,
        int count
    )
    {
        if (requirements.MaxCostPerCall is not null)
            RequirementTests.UsageOf(requirements);
        var (found, deprecated) = (new List<ModelDescriptor>(), new List<ModelDescriptor>());
        foreach (var model in models)
        {
            if (IsEligible(model, requirements, providers) && RequirementTests.Meets(model, requirements))
                (model.LifeCycle is LifeCycle.Deprecated ? deprecated : found).Add(model);
        }
        order ??= ModelOrder.Cheapest(requirements.ExpectedUsage);
        var chosen = First(found, order, count);
        if (chosen.Count < count)
            chosen.AddRange(First(deprecated, order, count - chosen.Count));
        return chosen;
    }

    /// <summary>The providers that a session may choose from: those that are configured, without the local one, which is used only when it is named.</summary>
    public static IReadOnlySet<string> Configured(SessionOptions options) =>
        options
            .Providers.Where(provider => provider.Value.IsConfigured && !provider.Value.IsLocal(provider.Key))
            .Select(provider => provider.Key)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The first of <see cref="Find"/>.</summary>
    /// <exception cref="ModelResolutionException">There is none; says which come nearest and what each of them lacks.</exception>
    public static ModelDescriptor Choose(
        ModelRegistry registry,
        TaskRequirements requirements,
        IComparer<ModelDescriptor>? order,
        IReadOnlySet<string> providers,
        ConfigurationRemedy remedy
    )
    {
        if (Find(registry.Models, requirements, order, providers, 1) is [var chosen])
            return chosen;
        if (providers.Count == 0)
        {
            throw new ModelResolutionException(
                null,
                [],
                $"No model can be chosen, because no provider is configured. {remedy.Or("Set the key of one, such as OPENAI_API_KEY in the environment, or name a model with GetChatClient.")}"
            );
        }
        var nearest = registry
            .Models.Where(model => IsEligible(model, requirements, providers))
            .Select(model => model.Validate(requirements))
            .OrderBy(validation => validation.Shortcomings.Count())
            .ThenBy(validation => validation.Model.Price is null)
            .ThenByDescending(validation => validation.Model.ContextTokens)
            .Take(NearMisses)
            .ToList();
        var names = string.Join(", ", providers.Order(StringComparer.Ordinal));
        throw new ModelResolutionException(
            null,
            [.. nearest.Select(validation => $"{validation.Model.Provider}/{validation.Model.Id}")],
            nearest.Count == 0
                ? $"No model can be chosen, because none of the configured providers ({names}) is known to have any. Name a model with GetChatClient, or ask the provider with DetectModelsAsync."
                : $"No model of the configured providers ({names}) meets the requirements. Nearest are{string.Concat(nearest.Select(Lacking))}\nLower a requirement, allow what is unknown with {nameof(TaskRequirements.UnknownIsSuitable)}, configure another provider, or name a model with GetChatClient."
        );
    }

    private static string Lacking(ModelValidation validation) =>
        $"\n  {validation.Model.Provider}/{validation.Model.Id}: {string.Join("; ", validation.Shortcomings.Select(check => check.Reason))}";

    private static bool IsEligible(ModelDescriptor model, TaskRequirements requirements, IReadOnlySet<string>? providers) =>
        model.LifeCycle != LifeCycle.EndOfLife
        && (requirements.Embeddings is true || model.OutputModalities is not { } writes || writes.HasFlag(Modalities.Text))
        && (providers is null || providers.Contains(model.Provider));

    private static List<ModelDescriptor> First(List<ModelDescriptor> models, IComparer<ModelDescriptor> order, int count) =>
        order is CostOrder cost ? First(models, cost.CostOf, Comparer<decimal>.Default, count) : First(models, static m => m, order, count);

    /// <summary>The first ones in order: by one pass where few are wanted of many.</summary>
    private static List<ModelDescriptor> First<T>(List<ModelDescriptor> models, Func<ModelDescriptor, T> key, IComparer<T> order, int count)
    {
        if (count != 1 || models.Count == 0)
            return [.. models.OrderBy(key, order).Take(count)];
        var (first, least) = (models[0], key(models[0]));
        foreach (var model in models)
        {
            if (order.Compare(key(model), least) < 0)
                (first, least) = (model, key(model));
        }
        return [first];
    }
}
