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
                failures.Add(
                    setting,
                    "is set by a file in the working directory, which may add limits to your budget and change none",
                    $"Remove it there, or set it in dossier.json in your configuration directory, in {Setting.Section.ToUpperInvariant()}__{setting.Key.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal)}, or in code."
                );
        }
    }
}
