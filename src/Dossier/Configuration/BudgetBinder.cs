namespace Dossier;

/// <summary>Reads what sessions may spend.</summary>
internal static class BudgetBinder
{
    public static Budget? Bind(SettingReader reader, SettingSet settings, ConfigurationFailures failures)
    {
        CheckWorkingDirectory(settings, failures);
        var budget = new Budget
        {
            MaxCost = reader.Limit(Setting.OfBudget(nameof(Budget.MaxCost))),
            MaxTokens = reader.Count(Setting.OfBudget(nameof(Budget.MaxTokens))),
            MaxCalls = reader.Count(Setting.OfBudget(nameof(Budget.MaxCalls))),
            MaxCostPerCall = reader.Limit(Setting.OfBudget(nameof(Budget.MaxCostPerCall))),
            MaxTokensPerCall = reader.Count(Setting.OfBudget(nameof(Budget.MaxTokensPerCall))),
            WhenExhausted = reader.Choice<BudgetExhaustion>(Setting.OfBudget(nameof(Budget.WhenExhausted))),
            AllowUnpriced = reader.Flag(Setting.OfBudget(nameof(Budget.AllowUnpriced))),
            WarnAt = reader.Share(Setting.OfBudget(nameof(Budget.WarnAt))),
        };
        return budget == new Budget() ? null : budget;
    }

    /// <summary>A file that came with a cloned repository may add limits to a user's budget, and loosen none.</summary>
    private static void CheckWorkingDirectory(SettingSet settings, ConfigurationFailures failures)
    {
        const string Section = nameof(SessionOptions.Budget);
        var own = settings.WithoutWorkingDirectory();
        if (!own.Below(Section).Any())
            return;
        foreach (var setting in settings.Below(Section).Where(setting => setting.IsFromWorkingDirectory))
        {
            var loosens = own.Find(setting.Key) is { } kept
                ? !string.Equals(kept.Value, setting.Value, StringComparison.OrdinalIgnoreCase)
                : setting.Key.Is(Setting.OfBudget(nameof(Budget.AllowUnpriced)));
            if (loosens)
                Refuse(setting, "is set by a file in the working directory, which may add limits to your budget and change none", failures);
        }
        CheckModels(settings, own, failures);
    }

    /// <summary>By what a model costs and how much it can say at the most, a budget knows what a call takes.</summary>
    private static void CheckModels(SettingSet settings, SettingSet own, ConfigurationFailures failures)
    {
        var limitsMoney = Has(nameof(Budget.MaxCost)) || Has(nameof(Budget.MaxCostPerCall));
        if (!limitsMoney && !Has(nameof(Budget.MaxTokens)) && !Has(nameof(Budget.MaxTokensPerCall)))
            return;
        foreach (var setting in settings.Winners.Where(setting => setting.IsFromWorkingDirectory && Measures(setting)))
        {
            if (!string.Equals(own.Find(setting.Key)?.Value, setting.Value, StringComparison.Ordinal))
                Refuse(
                    setting,
                    "is set by a file in the working directory, which may not say what calls take while your budget limits it",
                    failures
                );
        }

        bool Has(string limit) => own.Find(Setting.OfBudget(limit)) is not null;

        bool Measures(Setting setting) =>
            setting.Key.Is(nameof(SessionOptions.ModelsPath))
            || (
                setting.Key.StartsWith(ModelKey.Section + ":", StringComparison.OrdinalIgnoreCase)
                && ModelKey.Parse(setting.Key)?.Fact is { } fact
                && (
                    (limitsMoney && ModelFacts.IsOfPrice(fact))
                    || fact.Is(nameof(ModelOverrides.MaxOutputTokens))
                    || fact.Is(nameof(ModelOverrides.ContextTokens))
                )
            );
    }

    private static void Refuse(Setting setting, string problem, ConfigurationFailures failures) =>
        failures.Add(setting, problem, $"Remove it there, or {setting.ElsewhereThanWorkingDirectory}.");
}
