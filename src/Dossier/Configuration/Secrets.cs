namespace Dossier;

/// <summary>Tells which settings hold secrets, and shows the others.</summary>
internal static class Secrets
{
    private const string Mask = "***";

    // Local servers take any key, and people write "x" or "none": masking those would garble every text.
    private const int MinimumLength = 8;

    private static readonly string[] s_wordsInNames = ["auth", "key", "token", "secret", "cookie", "password", "credential", "signature"];

    /// <summary>The value for a message: secrets masked, also in the user part and the query of a URI.</summary>
    public static string Display(Setting setting)
    {
        if (IsApiKey(setting) || IsHeader(setting) || LooksLikeKey(setting.Value))
            return Mask;
        return NameOf(setting).Is(nameof(ProviderOptions.Endpoint)) || NameOf(setting).Is(nameof(ProviderOptions.Proxy))
            ? DisplayUri(setting.Value)
            : setting.Value;
    }

    /// <summary>Every secret in the settings of all sources, also of those that lost, for the masking of whatever is written down.</summary>
    public static IReadOnlyList<string> In(IEnumerable<Setting> settings) =>
        [
            .. settings
                .SelectMany(Of)
                .Select(secret => secret.Trim())
                .Where(secret => secret.Length >= MinimumLength)
                .Distinct(StringComparer.Ordinal)
                .OrderByDescending(secret => secret.Length), // a secret that contains another one is masked first
        ];

    /// <summary>Whether a URI carries something that may be a secret.</summary>
    public static bool IsInUri(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && (uri.UserInfo.Length > 0 || uri.Query.Length > 1);

    private static IEnumerable<string> Of(Setting setting)
    {
        if (IsApiKey(setting))
            return [setting.Value];
        if (IsHeader(setting))
            return IsSecretName(NameOf(setting)) ? [setting.Value, setting.Value.Split(' ')[^1]] : [];
        return Uri.TryCreate(setting.Value, UriKind.Absolute, out var uri) ? InUri(uri) : [];
    }

    private static IEnumerable<string> InUri(Uri uri)
    {
        var password = uri.UserInfo.Split(':', 2)[^1];
        yield return password;
        yield return Uri.UnescapeDataString(password);
        foreach (var parameter in uri.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2)))
        {
            if (parameter is not [var name, var value] || !IsSecretName(name))
                continue;
            yield return value;
            yield return Uri.UnescapeDataString(value);
        }
    }

    // The text need not be a URI: it is shown because it is none.
    private static string DisplayUri(string value)
    {
        var query = value.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0)
            value = value[..(query + 1)] + Mask;
        var user = value.LastIndexOf('@');
        var scheme = value.IndexOf("://", StringComparison.Ordinal);
        return user < 0 ? value : value[..(scheme < 0 ? 0 : scheme + 3)] + Mask + value[user..];
    }

    /// <summary>Whether a value has the looks of a key that was written in the wrong place.</summary>
    private static bool LooksLikeKey(string value) =>
        value.Length >= 20
        && value.Any(char.IsAsciiDigit)
        && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    private static bool IsSecretName(string name) => s_wordsInNames.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static bool IsApiKey(Setting setting) => NameOf(setting).Is(nameof(SessionOptions.ApiKey));

    private static bool IsHeader(Setting setting) =>
        setting.Key.Split(':') is [_, _, var member, _, ..] && member.Is(nameof(ProviderOptions.Headers));

    private static string NameOf(Setting setting) => setting.Key[(setting.Key.LastIndexOf(':') + 1)..];
}
