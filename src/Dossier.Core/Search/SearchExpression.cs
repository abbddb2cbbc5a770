using System.Globalization;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// What to look for, read from a text in which all words have to occur: <c>word</c>, <c>"words in this order"</c>,
/// <c>pre*</c> for what begins so, and a minus in front of any of them for what must not occur.
/// Case and diacritics do not matter, and everything that is no letter or digit only separates words, so that no text is wrong.
/// </summary>
public sealed class SearchExpression
{
    private const int MostTerms = 100;

    private SearchExpression(IReadOnlyList<SearchTerm> terms) => Terms = terms;

    /// <summary>The words and phrases, in their order.</summary>
    public IReadOnlyList<SearchTerm> Terms { get; }

    /// <summary>Whether there is a word to look for; excluded ones alone find nothing.</summary>
    public bool CanMatch => Terms.Any(term => !term.IsExcluded);

    /// <summary>Reads a text.</summary>
    /// <param name="text">What a user typed.</param>
    /// <exception cref="ArgumentException">There are more than 100 words and phrases.</exception>
    public static SearchExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var terms = new List<SearchTerm>();
        var at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            if (ReadTerm(text, ref at) is not { } term)
                continue;
            if (terms.Count == MostTerms)
                throw new ArgumentException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The search has more than {MostTerms} words and phrases; shorten it, or put what belongs together in quotation marks."
                    ),
                    nameof(text)
                );
            terms.Add(term);
        }
        return new(terms);
    }

    /// <summary>Reads one term; null when there is no word in it.</summary>
    private static SearchTerm? ReadTerm(string text, ref int at)
    {
        var isExcluded = text[at] == '-';
        if (isExcluded)
            at++;
        var isPhrase = at < text.Length && text[at] == '"';
        var start = isPhrase ? ++at : at;
        while (at < text.Length && (isPhrase ? text[at] != '"' : !char.IsWhiteSpace(text[at]) && text[at] != '"'))
            at++;
        var content = text[start..at];
        if (isPhrase && at < text.Length)
            at++;
        var isPrefix = isPhrase ? at < text.Length && text[at] == '*' : content.EndsWith('*');
        if (isPhrase && isPrefix)
            at++;
        var words = SearchTokens.Of(content).Select(token => content.Substring(token.Start, token.Length)).ToArray();
        return words.Length == 0
            ? null
            : new()
            {
                Words = words,
                IsPrefix = isPrefix,
                IsExcluded = isExcluded,
            };
    }
}

/// <summary>A word, or words that have to follow one another.</summary>
public sealed record SearchTerm
{
    /// <summary>The words, as they were written; letters and digits only.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Whether the last word stands for all that begin so.</summary>
    public bool IsPrefix { get; init; }

    /// <summary>Whether it must not occur.</summary>
    public bool IsExcluded { get; init; }
}
