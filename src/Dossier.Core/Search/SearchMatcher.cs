namespace Dossier.Storage;

/// <summary>Finds the terms of an expression in a text, word by word.</summary>
internal sealed class SearchMatcher
{
    private readonly Term[] _wanted;
    private readonly Term[] _excluded;

    public SearchMatcher(SearchExpression expression)
    {
        var terms = expression
            .Terms.Select(term => (term.IsExcluded, new Term([.. term.Words.Select(SearchTokens.Fold)], term.IsPrefix)))
            .ToArray();
        _wanted = [.. terms.Where(term => !term.IsExcluded).Select(term => term.Item2)];
        _excluded = [.. terms.Where(term => term.IsExcluded).Select(term => term.Item2)];
    }

    /// <summary>How well a name and a text match together; null when they do not. A word in the name counts four times, and each further occurrence less.</summary>
    public double? Score(List<SearchToken> name, List<SearchToken> text)
    {
        const double NameWeight = 4;
        if (_wanted.Length == 0 || _excluded.Any(term => Count(term, name) + Count(term, text) > 0))
            return null;
        var score = 0d;
        foreach (var term in _wanted)
        {
            var frequency = (NameWeight * Count(term, name)) + Count(term, text);
            if (frequency == 0)
                return null;
            score += frequency / (frequency + 1.2);
        }
        return score;
    }

    /// <summary>Where wanted terms stand, from left to right: the term's number, its first word and how many words it has.</summary>
    public List<(int Term, int First, int Words)> FindAll(List<SearchToken> text)
    {
        var found = new List<(int, int, int)>();
        for (var at = 0; at < text.Count; at++)
        {
            for (var number = 0; number < _wanted.Length; number++)
            {
                if (!IsAt(_wanted[number], text, at))
                    continue;
                found.Add((number, at, _wanted[number].Words.Length));
                break;
            }
        }
        return found;
    }

    private static int Count(Term term, List<SearchToken> text)
    {
        var count = 0;
        for (var at = 0; at < text.Count; at++)
        {
            if (IsAt(term, text, at))
                count++;
        }
        return count;
    }

    private static bool IsAt(Term term, List<SearchToken> text, int at)
    {
        if (at + term.Words.Length > text.Count)
            return false;
        for (var i = 0; i < term.Words.Length; i++)
        {
            var word = text[at + i].Folded;
            var matches =
                term.IsPrefix && i == term.Words.Length - 1
                    ? word.StartsWith(term.Words[i], StringComparison.Ordinal)
                    : string.Equals(word, term.Words[i], StringComparison.Ordinal);
            if (!matches)
                return false;
        }
        return true;
    }

    private readonly record struct Term(string[] Words, bool IsPrefix);
}
