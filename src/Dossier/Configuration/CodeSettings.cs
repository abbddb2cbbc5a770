using System.Globalization;

namespace Dossier;

/// <summary>
/// Reads the options that the code gave, as settings like all others. A member counts as set when it is not null and
/// not empty. What has no text (storage, models, clock, loggers, implementations) is taken over as it is.
/// </summary>
internal static class CodeSettings
{
    private const string Origin = nameof(SessionOptions);

    public static IEnumerable<Setting> Read(SessionOptions options) =>
        Members(options)
            .Where(member => !string.IsNullOrWhiteSpace(member.Value))
            .Select(member => new Setting(member.Key, member.Value!, SettingSource.Code, Origin));

    private static IEnumerable<(string Key, string? Value)> Members(SessionOptions options)
    {
        yield return (nameof(SessionOptions.SessionId), options.SessionId);
        yield return (nameof(SessionOptions.OpenMode), options.OpenMode?.ToString());
        yield return (nameof(SessionOptions.Name), options.Name);
        yield return (nameof(SessionOptions.Owner), options.Owner);
        foreach (var (index, tag) in options.Tags.Index())
            yield return ($"{nameof(SessionOptions.Tags)}:{index}", tag);
        foreach (var (index, fallback) in options.Fallbacks.Index())
            yield return ($"{nameof(SessionOptions.Fallbacks)}:{index}", fallback);
        foreach (var resilience in ResilienceBinder.Settings(options.Resilience ?? new()))
            yield return resilience;
        yield return (nameof(SessionOptions.StoragePath), options.StoragePath);
        yield return (nameof(SessionOptions.Durability), options.Durability?.ToString());
        yield return (nameof(SessionOptions.Provider), options.Provider);
        yield return (nameof(SessionOptions.Model), options.Model);
        yield return (nameof(SessionOptions.EmbeddingModel), options.EmbeddingModel);
        yield return (nameof(SessionOptions.ApiKey), options.ApiKey);
        yield return (nameof(SessionOptions.ModelsPath), options.ModelsPath);
        yield return (nameof(SessionOptions.Capture), options.Capture?.ToString());
        yield return (nameof(SessionOptions.ApplicationVersion), options.ApplicationVersion);
        foreach (var (limit, value) in Members(options.Budget ?? new()))
            yield return (Setting.OfBudget(limit), value);
        foreach (var (name, provider) in options.Providers)
        {
            foreach (var (member, value) in Members(provider))
                yield return (Setting.OfProvider(name, member), value);
        }
    }

    private static IEnumerable<(string Limit, string? Value)> Members(Budget budget)
    {
        var culture = CultureInfo.InvariantCulture;
        yield return (nameof(Budget.MaxCost), budget.MaxCost?.ToString(culture));
        yield return (nameof(Budget.MaxTokens), budget.MaxTokens?.ToString(culture));
        yield return (nameof(Budget.MaxCalls), budget.MaxCalls?.ToString(culture));
        yield return (nameof(Budget.MaxCostPerCall), budget.MaxCostPerCall?.ToString(culture));
        yield return (nameof(Budget.MaxTokensPerCall), budget.MaxTokensPerCall?.ToString(culture));
        yield return (nameof(Budget.WhenExhausted), budget.WhenExhausted?.ToString());
        yield return (nameof(Budget.AllowUnpriced), budget.AllowUnpriced?.ToString());
        yield return (nameof(Budget.WarnAt), budget.WarnAt?.ToString(culture));
    }

    private static IEnumerable<(string Member, string? Value)> Members(ProviderOptions provider)
    {
        yield return (nameof(ProviderOptions.Kind), provider.Kind);
        yield return (nameof(ProviderOptions.Endpoint), provider.Endpoint?.OriginalString);
        yield return (nameof(ProviderOptions.ApiKey), provider.ApiKey);
        yield return (nameof(ProviderOptions.Credential), provider.Credential);
        yield return (nameof(ProviderOptions.CredentialScope), provider.CredentialScope);
        foreach (var (header, value) in provider.Headers)
            yield return ($"{nameof(ProviderOptions.Headers)}:{header}", value);
        yield return (nameof(ProviderOptions.Proxy), provider.Proxy?.OriginalString);
        yield return (nameof(ProviderOptions.Timeout), provider.Timeout?.ToString("c", CultureInfo.InvariantCulture));
        yield return (nameof(ProviderOptions.MaxConcurrentCalls), provider.MaxConcurrentCalls?.ToString(CultureInfo.InvariantCulture));
        yield return (nameof(ProviderOptions.RequestsPerMinute), provider.RequestsPerMinute?.ToString(CultureInfo.InvariantCulture));
        yield return (nameof(ProviderOptions.DefaultModel), provider.DefaultModel);
    }
}
