namespace Dossier;

/// <summary>Tells which settings hold secrets, and shows the others.</summary>
internal static class Secrets
{
    /// <summary>The value for a message: secrets masked, also in the user part and the query of a URI.</summary>
    public static string Display(Setting setting)
    {
        if (IsApiKey(setting) || IsHeader(setting) || LooksLikeKey(setting.Value))
            return SecretMasker.Mask;
        return NameOf(setting).Is(nameof(ProviderOptions.Endpoint)) || NameOf(setting).Is(nameof(ProviderOptions.Proxy))
            ? DisplayUri(setting.Value)
            : setting.Value;
    }

    /// <summary>Every secret in the settings of all sources, also of those that lost, for the masking of whatever is written down.</summary>
    public static IReadOnlyList<string> In(IEnumerable<Setting> settings) => [.. KnownSecrets.Maskable(settings.SelectMany(Of))];

    /// <summary>Whether a URI carries something that may be a secret.</summary>
    public static bool IsInUri(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && (uri.UserInfo.Length > 0 || uri.Query.Length > 1);

    private static IEnumerable<string> Of(Setting setting)
    {
        if (IsApiKey(setting))
            return [setting.Value];
        if (IsHeader(setting))
            return KnownSecrets.InHeader(NameOf(setting), setting.Value);
        return Uri.TryCreate(setting.Value, UriKind.Absolute, out var uri) ? KnownSecrets.InUri(uri) : [];
    }

    // The text need not be a URI: it is shown because it is none.
    private static string DisplayUri(string value)
    {
        var query = value.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0)
            value = value[..(query + 1)] + SecretMasker.Mask;
        var user = value.LastIndexOf('@');
        var scheme = value.IndexOf("://", StringComparison.Ordinal);
        return user < 0 ? value : value[..(scheme < 0 ? 0 : scheme + 3)] + SecretMasker.Mask + value[user..];
    }

    /// <summary>Whether a value has the looks of a key that was written in the wrong place.</summary>
    private static bool LooksLikeKey(string value) =>
        value.Length >= 20
        && value.Any(char.IsAsciiDigit)
        && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    private static bool IsApiKey(Setting setting) => NameOf(setting).Is(nameof(SessionOptions.ApiKey));

    private static bool IsHeader(Setting setting) =>
        setting.Key.Split(':') is [_, _, var member, _, ..] && member.Is(nameof(ProviderOptions.Headers));

    private static string NameOf(Setting setting) => setting.Key[(setting.Key.LastIndexOf(':') + 1)..];
}
