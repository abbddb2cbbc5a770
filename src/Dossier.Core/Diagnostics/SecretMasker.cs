using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dossier;

/// <summary>
/// Takes keys and tokens out of text before it is stored, logged or thrown: the ones that were configured, wherever they
/// turn up, and whatever has the shape of a vendor's key. Thread-safe.
/// </summary>
internal sealed partial class SecretMasker
{
    public const string Mask = "[masked]";

    // A shorter configured value is more likely a placeholder than a secret, and masking it would hide ordinary words.
    private const int MinSecretLength = 8;

    private static readonly string[] ShapePrefixes =
    [
        "sk-",
        "AIza",
        "gsk_",
        "xai-",
        "hf_",
        "r8_",
        "pplx-",
        "AKIA",
        "eyJ",
        "github_pat_",
        "ghp_",
        "gho_",
        "ghs_",
        "ghu_",
        "ghr_",
        "earer ",
        "EARER ",
    ];

    private readonly string[] _secrets;
    private readonly SearchValues<string> _hints;

    public SecretMasker(IEnumerable<string?> secrets)
    {
        _secrets =
        [
            .. secrets
                .Where(s => s is { Length: >= MinSecretLength })
                // The default JSON encoder writes '+' and the like as escapes, under which a key would be overlooked.
                .SelectMany(s => new[] { s!, JsonEncodedText.Encode(s!).ToString() })
                .Distinct()
                .OrderByDescending(s => s.Length),
        ];
        _hints = SearchValues.Create([.. _secrets, .. ShapePrefixes], StringComparison.Ordinal);
    }

    /// <summary>The text without its secrets; the same instance when it has none.</summary>
    public string Apply(string text) => Apply(text, out _);

    /// <summary>The same, of a text that may be missing.</summary>
    public string? ApplyTo(string? text) => text is null ? null : Apply(text);

    /// <summary>The text without its secrets, and how many there were.</summary>
    public string Apply(string text, out int count)
    {
        count = 0;
        return text.AsSpan().ContainsAny(_hints) ? Replace(text, out count) : text;
    }

    /// <summary>The UTF-8 text without its secrets, and how many there were; the same memory when it has none.</summary>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> utf8, out int count)
    {
        count = 0;
        var characters = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(utf8.Length));
        try
        {
            var length = Encoding.UTF8.GetChars(utf8.Span, characters);
            var text = characters.AsSpan(0, length);
            if (!text.ContainsAny(_hints))
                return utf8;
            var masked = Replace(text.ToString(), out count);
            return count == 0 ? utf8 : Encoding.UTF8.GetBytes(masked);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters, clearArray: true);
        }
    }

    private string Replace(string text, out int count)
    {
        var found = 0;
        foreach (var secret in _secrets)
        {
            var at = 0;
            while ((at = text.IndexOf(secret, at, StringComparison.Ordinal)) >= 0)
            {
                text = string.Concat(text.AsSpan(0, at), Mask, text.AsSpan(at + secret.Length));
                at += Mask.Length;
                found++;
            }
        }
        text = Shapes()
            .Replace(
                text,
                match =>
                {
                    found++;
                    return match.Groups["scheme"].Value + Mask;
                }
            );
        count = found;
        return text;
    }

    // OpenAI, Anthropic, OpenRouter and DeepSeek (sk-), Google, Groq, xAI, Hugging Face, Replicate, Perplexity, AWS, GitHub, JWT, and bearer tokens.
    [GeneratedRegex(
        """
            (?<![A-Za-z0-9])(?:
                sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}
              | AIza[A-Za-z0-9_-]{30,}
              | (?:gsk|hf|r8|gh[pousr])_[A-Za-z0-9]{20,}
              | github_pat_[A-Za-z0-9_]{20,}
              | (?:xai|pplx)-[A-Za-z0-9]{20,}
              | AKIA[A-Z0-9]{16}
              | eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}
              | (?<scheme>(?:[Bb]earer|BEARER)\ )[A-Za-z0-9._~+/-]{16,}=*
            )
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Shapes();
}
