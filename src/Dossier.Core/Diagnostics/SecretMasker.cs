using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dossier;

/// <summary>
/// Takes keys and tokens out of text before it is stored, logged or thrown: the ones that were configured, wherever they
/// turn up, and whatever has the shape of a vendor's key. Takes time in proportion to the text. Thread-safe.
/// </summary>
internal sealed partial class SecretMasker
{
    public const string Mask = "[masked]";

    // Every shape has at least so many key characters in a row: from its prefix on, or after the word Bearer.
    private const int ShortestKey = 16;

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
    );

    // Two scans for few prefixes, none much like another, are faster than one for all of them.
    private static readonly SearchValues<string>[] ShapePrefixes =
    [
        SearchValues.Create(["sk-", "xai-", "pplx-", "AIza", "AKIA", "eyJ", "earer ", "EARER "], StringComparison.Ordinal),
        SearchValues.Create(["gsk_", "hf_", "r8_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"], StringComparison.Ordinal),
    ];

    private readonly string[] _secrets;
    private readonly SearchValues<string> _anySecret;
    private readonly bool _anyEscapeHides;
    private readonly int _shortest;

    public SecretMasker(IEnumerable<string?> secrets)
    {
        string[] plain = [.. KnownSecrets.Maskable(secrets)];
        // Text may quote JSON, in which a key is written with escapes.
        _secrets =
        [
            .. KnownSecrets.Maskable(plain.SelectMany(s => new[] { s, JsonEncodedText.Encode(s).ToString(), JsonMasking.Encode(s) })),
        ];
        _anySecret = SearchValues.Create(_secrets, StringComparison.Ordinal);
        _shortest = _secrets.Select(s => s.Length).Append(ShortestKey).Min();
        _anyEscapeHides = plain.Any(s => s.Any(c => c is < ' ' or > '~' or '"' or '\\'));
    }

    /// <summary>The text without its secrets; the same instance when it has none.</summary>
    public string Apply(string text) => Apply(text, out _);

    /// <summary>The same, of a text that may be missing.</summary>
    public string? ApplyTo(string? text) => text is null ? null : Apply(text);

    /// <summary>The text without its secrets, and how many there were.</summary>
    public string Apply(string text, out int count)
    {
        count = 0;
        return MayHoldSecret(text) ? ReplaceShapes(ReplaceSecrets(text, ref count), ref count) : text;
    }

    /// <summary>
    /// The text without what has the shape of a key, and how many there were. The keys that were configured stay.
    /// </summary>
    public static string ApplyShapes(string text, out int count)
    {
        count = 0;
        return MayHoldShape(text) ? ReplaceShapes(text, ref count) : text;
    }

    /// <summary>
    /// The JSON with the secrets taken out of its strings and property names, and how many there were; the same memory when
    /// it has none. Numbers and structure stay, and so do names that are plain words, see <see cref="JsonMasking"/>.
    /// </summary>
    public ReadOnlyMemory<byte> ApplyJson(ReadOnlyMemory<byte> utf8, out int count)
    {
        count = 0;
        var characters = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(utf8.Length));
        try
        {
            var text = characters.AsSpan(0, Encoding.UTF8.GetChars(utf8.Span, characters));
            if (!MayHoldSecret(text) && !MayHideSecret(text))
                return utf8;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters, clearArray: true);
        }
        return JsonMasking.Apply(this, utf8, out count);
    }

    private bool MayHoldSecret(ReadOnlySpan<char> text) => text.Length >= _shortest && (text.ContainsAny(_anySecret) || MayHoldShape(text));

    private static bool MayHoldShape(ReadOnlySpan<char> text)
    {
        foreach (var prefixes in ShapePrefixes)
        {
            if (MayHoldShape(text, prefixes))
                return true;
        }
        return false;
    }

    private static bool MayHoldShape(ReadOnlySpan<char> text, SearchValues<string> prefixes)
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

    /// <summary>Whether an escape in JSON may stand for a character of a secret. Dossier itself writes such escapes only where a secret has such characters.</summary>
    private bool MayHideSecret(ReadOnlySpan<char> json)
    {
        while (json.IndexOf('\\') is var at and >= 0)
        {
            json = json[(at + 1)..];
            if (_anyEscapeHides || json is ['/', ..] or ['u', '0', '0', >= '2' and <= '7', ..])
                return true;
            // An escaped backslash does not start another escape.
            json = json.IsEmpty ? json : json[1..];
        }
        return false;
    }

    private string ReplaceSecrets(string text, ref int count)
    {
        foreach (var secret in _secrets)
        {
            var found = text.AsSpan().Count(secret);
            if (found == 0)
                continue;
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
            count += found;
        }
        return text;
    }

    private static string ReplaceShapes(string text, ref int count)
    {
        var found = 0;
        text = Shapes()
            .Replace(
                text,
                match =>
                {
                    found++;
                    return match.Groups["scheme"].Value + Mask;
                }
            );
        count += found;
        return text;
    }

    // OpenAI, Anthropic, OpenRouter and DeepSeek (sk-), Google, Groq, xAI, Hugging Face, Replicate, Perplexity, AWS, GitHub, JWT, and
    // bearer tokens. What precedes may be an escape of quoted JSON, whose letter is not part of the word. No part of a text is read
    // often: what ends a key may be of any length, a digit is looked for nearby, and a JWT starts near the start of its word.
    [GeneratedRegex(
        """
            (?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))(?:
                sk-(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9_-]{16,}
              | AIza[A-Za-z0-9_-]{30,}
              | (?:gsk|hf|r8|gh[pousr])_[A-Za-z0-9]{20,}
              | github_pat_[A-Za-z0-9_]{20,}
              | (?:xai|pplx)-[A-Za-z0-9]{20,}
              | AKIA[A-Z0-9]{16}
              | (?<=(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{0,32})eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}
              | (?<scheme>(?:[Bb]earer|BEARER)\ )[A-Za-z0-9._~+/-]{16,}=*
            )
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Shapes();
}
