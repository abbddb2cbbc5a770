namespace Dossier;

/// <summary>Counts the tokens of text as a model's tokenizer would, or nearly. Safe to use from several threads at once.</summary>
internal interface ITokenCounter
{
    /// <summary>How it counts, for people.</summary>
    string Method { get; }

    /// <summary>By which part the true count may be higher.</summary>
    decimal Margin { get; }

    /// <summary>The tokens of a text.</summary>
    long Count(string text);
}

/// <summary>
/// The estimate that needs nothing but the text: a token for every 4 characters of ASCII, and one for every other character. English prose
/// has 4 to 5 characters to a token, code and JSON 3 to 4; Chinese, Japanese and Korean have about one token to a character.
/// </summary>
internal sealed class CharacterCounter : ITokenCounter
{
    private const int AsciiPerToken = 4;

    public static readonly CharacterCounter Instance = new();

    public string Method => "4 characters a token";

    public decimal Margin => 0.4m;

    public long Count(string text)
    {
        long ascii = 0;
        foreach (var character in text)
            if (char.IsAscii(character))
                ascii++;
        return (ascii + AsciiPerToken - 1) / AsciiPerToken + (text.Length - ascii);
    }
}
