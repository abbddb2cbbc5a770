namespace Dossier;

/// <summary>Reads what sessions may spend.</summary>
internal static class BudgetBinder
{
    public static Budget? Bind(SettingReader reader)
    {
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
}
