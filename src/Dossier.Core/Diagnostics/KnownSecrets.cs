namespace Dossier;

/// <summary>Tells which settings hold secrets.</summary>
internal static class KnownSecrets
{
    // Local servers take any key, and people write "x" or "none": masking those would garble every text.
    private const int MinLength = 8;

    private static readonly string[] WordsInNames = ["auth", "key", "token", "secret", "cookie", "password", "credential", "signature"];

    /// <summary>The secrets of a header: its value as it is and without its scheme, when its name says that it holds one.</summary>
    public static IEnumerable<string> InHeader(string name, string value) => IsName(name) ? [value, value.Trim().Split(' ')[^1]] : [];

    /// <summary>The password and the secret parameters of a URI, as they are written and unescaped.</summary>
    public static IEnumerable<string> InUri(Uri uri)
    {
        var password = uri.UserInfo.Split(':', 2)[^1];
        yield return password;
        yield return Uri.UnescapeDataString(password);
        foreach (var parameter in uri.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2)))
        {
            if (parameter is not [var name, var value] || !IsName(name))
                continue;
            yield return value;
            yield return Uri.UnescapeDataString(value);
        }
    }

    /// <summary>Those that are long enough to be told from ordinary words: trimmed, each once, and before any that it contains.</summary>
    public static IEnumerable<string> Maskable(IEnumerable<string?> secrets) =>
        secrets
            .Select(secret => secret?.Trim() ?? "")
            .Where(secret => secret.Length >= MinLength)
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(secret => secret.Length);

    private static bool IsName(string name) => WordsInNames.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
}
