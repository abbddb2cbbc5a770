using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// Takes out of text, before it is stored, logged or thrown, what must not be kept: the keys that were configured, wherever they turn
/// up, whatever has the shape of a vendor's key, and then what the user's own redactors find. Apart from these it takes time in
/// proportion to the text. Thread-safe.
/// </summary>
internal sealed class SecretMasker
{
    public const string Mask = "[masked]";

    /// <summary>The kind of the keys that were configured.</summary>
    public const string ConfiguredKind = "configured-key";

    private readonly string[] _secrets;
    private readonly SearchValues<string> _anySecret;
    private readonly bool _anyEscapeHides;
    private readonly int _shortest;
    private readonly IRedactor[] _redactors;

    public SecretMasker(IEnumerable<string?> secrets, IEnumerable<IRedactor>? redactors = null)
    {
        _redactors = [.. redactors ?? []];
        if (Array.IndexOf(_redactors, null) is var missing and >= 0)
            throw new ArgumentException($"SessionOptions.Redactors has a null at index {missing}; take it out.", nameof(redactors));
        string[] plain = [.. KnownSecrets.Maskable(secrets)];
        // Text may quote JSON and URIs, in which a key is written with escapes.
        _secrets = [.. KnownSecrets.Maskable(plain.SelectMany(Written))];
        _anySecret = SearchValues.Create(_secrets, StringComparison.Ordinal);
        _shortest = _secrets.Select(s => s.Length).Append(KeyShapes.ShortestKey).Min();
        _anyEscapeHides = plain.Any(s => s.Any(c => c is < ' ' or > '~' or '"' or '\\'));
    }

    /// <summary>The text without its secrets; the same instance when it has none.</summary>
    /// <exception cref="RedactionException">A redactor of the user's failed.</exception>
    public string Apply(string text) => Apply(text, null, default);

    /// <summary>The same, of a text that may be missing.</summary>
    public string? ApplyTo(string? text) => text is null ? null : Apply(text);

    /// <summary>The same, and counts what was taken out.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tally">Where it is counted; null not to count it.</param>
    /// <param name="part">As what it is counted.</param>
    /// <exception cref="RedactionException">A redactor of the user's failed.</exception>
    public string Apply(string text, RedactionTally? tally, RedactedPart part)
    {
        if (MayHoldSecret(text))
            text = KeyShapes.Replace(ReplaceSecrets(text, tally, part), tally, part);
        foreach (var redactor in _redactors)
            text = TextRedaction.Apply(redactor, text, tally, part);
        return text;
    }

    /// <summary>The same, of a text that may be missing.</summary>
    public string? ApplyTo(string? text, RedactionTally? tally, RedactedPart part) => text is null ? null : Apply(text, tally, part);

    /// <summary>The same for what is told of an error, which a failing redactor must not replace.</summary>
    /// <inheritdoc cref="ApplyOrNote(string?, RedactionTally?, RedactedPart)"/>
    public string ApplyToError(string text, RedactionTally? tally = null) => ApplyOrNote(text, tally, RedactedPart.Error);

    /// <summary>The same for what must be told whatever happens, because something was paid for or has failed: a note stands for a text at which a redactor fails.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public string? ApplyOrNote(string? text, RedactionTally? tally = null, RedactedPart part = default)
    {
        try
        {
            return ApplyTo(text, tally, part);
        }
        catch (RedactionException)
        {
            return "[not shown, because a redactor failed]";
        }
    }

    /// <summary>
    /// The text without what has the shape of a key. The keys that were configured stay, and so does what the user's redactors would find.
    /// </summary>
    public static string ApplyShapes(string text, RedactionTally? tally = null, RedactedPart part = default) =>
        KeyShapes.MayBeIn(text) ? KeyShapes.Replace(text, tally, part) : text;

    /// <summary>The same as <see cref="Apply(string, RedactionTally?, RedactedPart)"/>, of a text whose name may say that it is a key.</summary>
    public string ApplyToMember(string name, string text, RedactionTally? tally, RedactedPart part)
    {
        if (!KeyShapes.IsKeyOf(name, text))
            return Apply(text, tally, part);
        KeyShapes.CountKeyOf(tally, part);
        return Mask;
    }

    /// <summary>
    /// The JSON with the secrets taken out of its strings and property names; the same memory when it has none. Numbers and structure
    /// stay, and so do names that are plain words, see <see cref="JsonMasking"/>.
    /// </summary>
    /// <param name="utf8">The JSON.</param>
    /// <param name="tally">Where what was taken out is counted; null not to count it.</param>
    /// <param name="part">As what it is counted.</param>
    /// <exception cref="RedactionException">A redactor of the user's failed.</exception>
    public ReadOnlyMemory<byte> ApplyJson(ReadOnlyMemory<byte> utf8, RedactionTally? tally = null, RedactedPart part = default)
    {
        if (_redactors.Length == 0 && !MayHoldSecret(utf8))
            return utf8;
        return JsonMasking.Apply(this, utf8, tally, part);
    }

    private static IEnumerable<string> Written(string secret)
    {
        var escaped = Uri.EscapeDataString(secret);
        return [secret, JsonEncodedText.Encode(secret).ToString(), JsonMasking.Encode(secret), escaped, InLowerCase(escaped)];
    }

    /// <summary>The same URI with the digits of its escapes in lower case, which means the same (RFC 3986, 2.1).</summary>
    private static string InLowerCase(string escaped) =>
        string.Create(
            escaped.Length,
            escaped,
            static (lower, escaped) =>
            {
                escaped.CopyTo(lower);
                for (var i = 0; i < escaped.Length; i++)
                    if (escaped[i] == '%')
                        escaped.AsSpan(i + 1, 2).ToLowerInvariant(lower.Slice(i + 1, 2));
            }
        );

    private bool MayHoldSecret(ReadOnlyMemory<byte> json)
    {
        var characters = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(json.Length));
        try
        {
            var text = characters.AsSpan(0, Encoding.UTF8.GetChars(json.Span, characters));
            return MayHoldSecret(text) || MayHideSecret(text);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters, clearArray: true);
        }
    }

    private bool MayHoldSecret(ReadOnlySpan<char> text) =>
        text.Length >= _shortest && (text.ContainsAny(_anySecret) || KeyShapes.MayBeIn(text));

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

    private string ReplaceSecrets(string text, RedactionTally? tally, RedactedPart part)
    {
        foreach (var secret in _secrets)
        {
            var found = text.AsSpan().Count(secret);
            if (found == 0)
                continue;
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
            tally?.Add(ConfiguredKind, part, found);
        }
        return text;
    }
}
