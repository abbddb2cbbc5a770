namespace Dossier;

/// <summary>Checks that settings have names that exist.</summary>
internal static class SettingNames
{
    public static IReadOnlyList<string> OfSession { get; } =
    [
        nameof(SessionOptions.SessionId),
        nameof(SessionOptions.OpenMode),
        nameof(SessionOptions.Name),
        nameof(SessionOptions.Owner),
        nameof(SessionOptions.Tags),
        nameof(SessionOptions.StoragePath),
        nameof(SessionOptions.Durability),
        nameof(SessionOptions.Provider),
        nameof(SessionOptions.Model),
        nameof(SessionOptions.EmbeddingModel),
        nameof(SessionOptions.Fallbacks),
        nameof(SessionOptions.Resilience),
        nameof(SessionOptions.ApiKey),
        nameof(SessionOptions.Providers),
        nameof(SessionOptions.Models),
        nameof(SessionOptions.ModelsPath),
        nameof(SessionOptions.Budget),
        nameof(SessionOptions.ApplicationVersion),
        nameof(SessionOptions.Capture),
    ];

    public static IReadOnlyList<string> OfBudget { get; } =
    [
        nameof(Budget.MaxCost),
        nameof(Budget.MaxTokens),
        nameof(Budget.MaxCalls),
        nameof(Budget.MaxCostPerCall),
        nameof(Budget.MaxTokensPerCall),
        nameof(Budget.WhenExhausted),
        nameof(Budget.AllowUnpriced),
        nameof(Budget.WarnAt),
    ];

    public static IReadOnlyList<string> OfProvider { get; } =
    [
        nameof(ProviderOptions.Kind),
        nameof(ProviderOptions.Endpoint),
        nameof(ProviderOptions.ApiKey),
        nameof(ProviderOptions.Credential),
        nameof(ProviderOptions.CredentialScope),
        nameof(ProviderOptions.Headers),
        nameof(ProviderOptions.Proxy),
        nameof(ProviderOptions.Timeout),
        nameof(ProviderOptions.MaxConcurrentCalls),
        nameof(ProviderOptions.RequestsPerMinute),
        nameof(ProviderOptions.DefaultModel),
    ];

    /// <summary>The key as it is documented, whatever the case in which a source writes it.</summary>
    public static string Canonical(string key)
    {
        var parts = key.Split(':');
        parts[0] = OfSession.FirstOrDefault(parts[0].Is) ?? parts[0];
        if (parts is [nameof(SessionOptions.Providers), _, var member, ..])
            parts[2] = OfProvider.FirstOrDefault(member.Is) ?? member;
        if (parts is [nameof(SessionOptions.Budget), var limit, ..])
            parts[1] = OfBudget.FirstOrDefault(limit.Is) ?? limit;
        if (parts is [nameof(SessionOptions.Resilience), var option, ..])
            parts[1] = ResilienceBinder.Names.FirstOrDefault(option.Is) ?? option;
        return string.Join(':', parts);
    }

    public static void Check(SettingSet settings, ConfigurationFailures failures)
    {
        foreach (var setting in settings.All)
            Check(setting, failures);
    }

    private static void Check(Setting setting, ConfigurationFailures failures)
    {
        var parts = setting.Key.Split(':');
        if (parts[0].Is(nameof(SessionOptions.Providers)))
        {
            if (parts.Length <= 2)
                Refuse(setting, "takes an object, not one value", $"Write {Setting.Full(Setting.OfProvider("NAME", "MEMBER"))}.", failures);
            else
                CheckLevel(setting, parts[2..], OfProvider, [nameof(ProviderOptions.Headers)], failures);
        }
        else if (parts[0].Is(nameof(SessionOptions.Resilience)))
        {
            if (parts.Length == 1)
                Refuse(setting, "takes an object, not one value", $"Write {setting.FullKey}:OPTION.", failures);
            else
                CheckLevel(setting, parts[1..], ResilienceBinder.Names, [], failures);
        }
        else if (parts[0].Is(nameof(SessionOptions.Budget)))
        {
            if (parts.Length == 1)
                Refuse(
                    setting,
                    "takes an object, not one value",
                    $"Write {Setting.Full(Setting.OfBudget(nameof(Budget.MaxCost)))}.",
                    failures
                );
            else
                CheckLevel(setting, parts[1..], OfBudget, [], failures);
        }
        else if (parts[0].Is(ModelKey.Section))
        {
            CheckModel(setting, parts, failures);
        }
        else
        {
            CheckLevel(setting, parts, OfSession, [nameof(SessionOptions.Tags), nameof(SessionOptions.Fallbacks)], failures);
        }
    }

    private static void CheckModel(Setting setting, string[] parts, ConfigurationFailures failures)
    {
        if (ModelKey.Parse(setting.Key) is not null)
            return;
        if (parts.Length <= 2 || parts[^1].Is(nameof(ModelOverrides.Price)))
            Refuse(setting, "takes an object, not one value", $"Write {Setting.Full(ModelKey.Section)}:PROVIDER/MODEL:FACT.", failures);
        else
            RefuseName(setting, parts[^1], parts[^2].Is(nameof(ModelOverrides.Price)) ? ModelFacts.PriceNames : ModelFacts.Names, failures);
    }

    private static void CheckLevel(
        Setting setting,
        string[] parts,
        IReadOnlyList<string> names,
        IReadOnlyList<string> collections,
        ConfigurationFailures failures
    )
    {
        var name = names.FirstOrDefault(parts[0].Is);
        var isCollection = name is not null && collections.Contains(name);
        if (name is null)
        {
            RefuseName(setting, parts[0], names, failures);
        }
        else if (isCollection && parts.Length == 1)
        {
            Refuse(setting, "takes several values, not one", $"Write {setting.FullKey}:0 or :NAME, in JSON a list or an object.", failures);
        }
        else if (parts.Length > (isCollection ? 2 : 1))
        {
            Refuse(setting, $"'{name}' does not go so deep", "Write its value there, not a list or an object.", failures);
        }
    }

    private static void RefuseName(Setting setting, string name, IReadOnlyList<string> names, ConfigurationFailures failures)
    {
        // A host's configuration may be shared with other programs. The value stays out: it may be a mistyped secret.
        if (setting.Source is not (SettingSource.Host or SettingSource.HostOverride))
            failures.Add($"{setting.FullKey} ({setting.Origin}): there is no such setting. {NearestNames.Suggest(name, names)}");
    }

    private static void Refuse(Setting setting, string problem, string remedy, ConfigurationFailures failures) =>
        failures.Add($"{setting.FullKey} ({setting.Origin}): {problem}. {remedy}");
}
