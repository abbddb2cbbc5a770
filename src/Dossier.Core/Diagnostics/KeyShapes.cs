using System.Buffers;
using System.Text.RegularExpressions;

namespace Dossier;

/// <summary>
/// What keys, tokens and passwords look like: those of the usual vendors by how they begin, others by what stands before them. Looking
/// for them takes time in proportion to the text. The kinds are listed in docs/redaction.md, which a test compares with this.
/// </summary>
internal static partial class KeyShapes
{
    // Every shape has at least so many key characters in a row: from its prefix on, or after the word Bearer.
    public const int ShortestKey = 16;

    private const string ApiKey = "api-key";
    private const string AzureKey = "azure-key";
    private const string Password = "password";

    /// <summary>The kinds, by the group of the expressions below that finds them.</summary>
    public static readonly IReadOnlyDictionary<string, string> Kinds = new Dictionary<string, string>
    {
        ["api"] = ApiKey,
        ["named"] = ApiKey,
        ["aws"] = "aws-key",
        ["awsNamed"] = "aws-key",
        ["azure"] = AzureKey,
        ["sas"] = AzureKey,
        ["bearer"] = "bearer-token",
        ["github"] = "github-token",
        ["google"] = "google-token",
        ["jwt"] = "jwt",
        ["connection"] = Password,
        ["first"] = Password,
        ["uri"] = Password,
        ["pem"] = "private-key",
    };

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
    );

    // Scans for few prefixes, none much like another, are faster than one for all of them.
    private static readonly SearchValues<string>[] Prefixes =
    [
        SearchValues.Create(["sk-", "xai-", "pplx-", "AIza", "AKIA", "eyJ", "earer ", "EARER "], StringComparison.Ordinal),
        SearchValues.Create(["gsk_", "hf_", "r8_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_"], StringComparison.Ordinal),
        SearchValues.Create(["github_pat_", "nvapi-", "csk-", "fw_", "tgp_v1_", "ASIA", "ya29.", "GOCSPX-"], StringComparison.Ordinal),
    ];

    // What stands before a key that has no shape of its own.
    private static readonly SearchValues<string> Markers = SearchValues.Create(
        ["://", "-----begin", "accesskey", "access_key", "accountkey", "apikey", "api_key", "api-key", "password=", "pwd=", "sig="],
        StringComparison.OrdinalIgnoreCase
    );

    private static readonly SearchValues<char> EndsAuthority = SearchValues.Create(" \t\r\n/?#\"'<>");

    /// <summary>Whether a text may hold something that has the shape of a key. Most texts do not, and cost no more than this.</summary>
    public static bool MayBeIn(ReadOnlySpan<char> text) => HasPrefix(text) || HasMarker(text);

    /// <summary>The text without what has the shape of a key; the same instance when it has none.</summary>
    public static string Replace(string text, RedactionTally? tally, RedactedPart part)
    {
        if (HasPrefix(text))
            text = Replace(Shaped(), text, tally, part);
        return HasMarker(text) ? Replace(Marked(), text, tally, part) : text;
    }

    /// <summary>Whether a text is a key because of the name that it is the value of.</summary>
    public static bool IsKeyOf(string name, string text) =>
        text.Length >= ShortestKey && KeyName().IsMatch(name) && KeyValue().IsMatch(text);

    /// <summary>Counts what <see cref="IsKeyOf"/> found.</summary>
    public static void CountKeyOf(RedactionTally? tally, RedactedPart part) => tally?.Add(ApiKey, part);

    private static string Replace(Regex expression, string text, RedactionTally? tally, RedactedPart part) =>
        expression.Replace(
            text,
            match =>
            {
                tally?.Add(Kinds[KindOf(match)], part);
                return match.Groups["keep"].Value + SecretMasker.Mask;
            }
        );

    private static string KindOf(Match match)
    {
        foreach (var group in match.Groups.Keys)
        {
            if (Kinds.ContainsKey(group) && match.Groups[group].Success)
                return group;
        }
        throw new InvalidOperationException("An expression has a part that says no kind.");
    }

    private static bool HasPrefix(ReadOnlySpan<char> text)
    {
        if (text.Length < ShortestKey)
            return false;
        foreach (var prefixes in Prefixes)
        {
            if (HasPrefix(text, prefixes))
                return true;
        }
        return false;
    }

    private static bool HasPrefix(ReadOnlySpan<char> text, SearchValues<string> prefixes)
    {
        // Prefixes are common ("task-based"), so that it pays to look at what follows before anything is copied.
        while (text.IndexOfAny(prefixes) is var at and >= 0)
        {
            text = text[at..];
            var key = text.Length > 5 && text[5] == ' ' ? text[6..] : text;
            var length = key.IndexOfAnyExcept(KeyCharacters);
            if (length >= ShortestKey || (length < 0 && key.Length >= ShortestKey))
                return true;
            text = text[1..];
        }
        return false;
    }

    private static bool HasMarker(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(Markers) is var at and >= 0)
        {
            text = text[at..];
            // A URI is common, and one with a password is not.
            if (text[0] != ':')
                return true;
            text = text[3..];
            var end = text.IndexOfAny(EndsAuthority);
            if ((end < 0 ? text : text[..end]).Contains('@'))
                return true;
        }
        return false;
    }

    // OpenAI, Anthropic, OpenRouter and DeepSeek (sk-), Google (AIza, ya29., GOCSPX-), Groq (gsk_), xAI, Hugging Face, Replicate (r8_),
    // Perplexity, NVIDIA, Cerebras (csk-), Fireworks, Together (tgp_v1_), AWS, GitHub, JWT, and bearer tokens. What precedes may be an
    // escape of quoted JSON or of a URI, whose letters are not part of the word. No part of a text is read often: what ends a key may be of any
    // length, a digit is looked for nearby, and a JWT starts near the start of its word.
    [GeneratedRegex(
        """
            (?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))(?:
                (?<api>
                    sk-(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9_-]{16,}
                  | AIza[A-Za-z0-9_-]{30,}
                  | (?:gsk|hf|r8)_[A-Za-z0-9]{20,}
                  | fw_(?=[A-Za-z]{0,64}[0-9])[A-Za-z0-9]{20,}
                  | (?:xai|pplx)-[A-Za-z0-9]{20,}
                  | csk-(?=[a-z]{0,64}[0-9])[a-z0-9]{20,}
                  | nvapi-[A-Za-z0-9_-]{20,}
                  | tgp_v1_[A-Za-z0-9_-]{20,}
                )
              | (?<github>gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})
              | (?<aws>(?:AKIA|ASIA)[A-Z0-9]{16})
              | (?<google>ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})
              | (?<jwt>(?<=(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{0,32})eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})
              | (?<bearer>(?<keep>(?:[Bb]earer|BEARER)\ )[A-Za-z0-9._~+/-]{16,}=*)
            )
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Shaped();

    // The keys of Azure's connection strings and shared access signatures, AWS's secret keys, keys that are called one, passwords of
    // connection strings (with another setting beside them, since code has assignments) and of URIs, and private keys as PEM
    // (RFC 7468), also broken off ones. What is masked is not masked again.
    [GeneratedRegex(
        """
              (?<azure>(?<keep>(?i:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/]{20,}={0,2})
            | (?<sas>(?<keep>[?&;]sig=)[A-Za-z0-9%+/_-]{20,}={0,2})
            | (?<awsNamed>(?<keep>(?i:secret_?access_?key)(?:\\?["'])?\s{0,8}[:=]\s{0,8}(?:\\?["'])?)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))
            | (?<named>(?<keep>(?i:api[_-]?key)(?:\\?["'])?\s{0,8}[:=]\s{0,8}(?:\\?["'])?)(?=[A-Za-z+/_-]{0,64}[0-9])[A-Za-z0-9+/_-]{24,}={0,2})
            | (?<connection>(?<keep>;\s?(?i:password|pwd)=)(?!\[masked\])[^;\s"'\\]{1,256})
            | (?<first>(?<keep>(?<![A-Za-z0-9_])(?i:password|pwd)=)(?!\[masked\])[^;\s"'\\]{1,256}(?=;\s?[A-Za-z][A-Za-z ]{1,32}=))
            | (?<uri>(?<keep>://[^\s/?\#:@"'<>]{0,128}:)(?!\[masked\])[^\s/?\#@"'<>]{1,256}(?=@))
            | (?<pem>-----BEGIN\ [A-Z0-9 ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----(?:
                  (?:(?!-----)[\s\S]){1,16384}-----END\ [A-Z0-9 ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----
                | (?:(?:[\r\n]|\\[rn])+[A-Za-z0-9+/=]{32,})+))
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Marked();

    [GeneratedRegex(
        "(?:access_?key|account_?key|api[_-]?key)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex KeyName();

    [GeneratedRegex("^(?=[A-Za-z+/_-]{0,64}[0-9])[A-Za-z0-9+/_-]{20,}={0,2}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: -1)]
    private static partial Regex KeyValue();
}
