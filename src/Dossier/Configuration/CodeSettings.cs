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
        yield return (nameof(SessionOptions.StoragePath), options.StoragePath);
        yield return (nameof(SessionOptions.Durability), options.Durability?.ToString());
        yield return (nameof(SessionOptions.Provider), options.Provider);
        yield return (nameof(SessionOptions.Model), options.Model);
        yield return (nameof(SessionOptions.ApiKey), options.ApiKey);
        yield return (nameof(SessionOptions.ModelsPath), options.ModelsPath);
        yield return (nameof(SessionOptions.ApplicationVersion), options.ApplicationVersion);
        foreach (var (name, provider) in options.Providers)
        {
            foreach (var (member, value) in Members(provider))
                yield return (Setting.OfProvider(name, member), value);
        }
    }

    private static IEnumerable<(string Member, string? Value)> Members(ProviderOptions provider)
    {
        yield return (nameof(ProviderOptions.Kind), provider.Kind);
        yield return (nameof(ProviderOptions.Endpoint), provider.Endpoint?.OriginalString);
        yield return (nameof(ProviderOptions.ApiKey), provider.ApiKey);
        yield return (nameof(ProviderOptions.Credential), provider.Credential);
        foreach (var (header, value) in provider.Headers)
            yield return ($"{nameof(ProviderOptions.Headers)}:{header}", value);
        yield return (nameof(ProviderOptions.Proxy), provider.Proxy?.OriginalString);
        yield return (nameof(ProviderOptions.Timeout), provider.Timeout?.ToString("c", CultureInfo.InvariantCulture));
        yield return (nameof(ProviderOptions.DefaultModel), provider.DefaultModel);
    }
}
