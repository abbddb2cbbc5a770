using System.Text;

namespace Dossier.Storage;

/// <summary>The piece of a text that shows best why it was found.</summary>
internal static class SearchSnippet
{
    private const int Length = 200;
    private const int Before = 50;
    private const int MostTried = 500;

    public static (string Text, IReadOnlyList<Range> Highlights) Of(SearchMatcher matcher, string text)
    {
        var tokens = SearchTokens.Of(text);
        var found = matcher.FindAll(tokens);
        var (start, end) = Window(text, found.Count == 0 ? 0 : Math.Max(0, tokens[Best(tokens, found)].Start - Before));
        var snippet = new StringBuilder(Length + 2);
        if (start > 0)
            snippet.Append('…');
        var shift = snippet.Length - start;
        foreach (var c in text.AsSpan(start, end - start))
            snippet.Append(char.IsControl(c) || char.IsWhiteSpace(c) ? ' ' : c);
        if (end < text.Length)
            snippet.Append('…');

        var highlights = new List<Range>();
        var last = start;
        foreach (var (_, first, words) in found)
        {
            var from = tokens[first].Start;
            var to = tokens[first + words - 1] is var final ? final.Start + final.Length : 0;
            if (from < last || to > end)
                continue;
            highlights.Add((from + shift)..(to + shift));
            last = to;
        }
        return (snippet.ToString(), highlights);
    }

    /// <summary>The first word of the place that has the most different terms near to one another.</summary>
    private static int Best(List<SearchToken> tokens, List<(int Term, int First, int Words)> found)
    {
        var (best, most) = (found[0].First, 0);
        var terms = new HashSet<int>();
        for (var i = 0; i < found.Count && i < MostTried; i++)
        {
            terms.Clear();
            var end = tokens[found[i].First].Start + Length - Before;
            for (var j = i; j < found.Count && tokens[found[j].First].Start < end; j++)
                terms.Add(found[j].Term);
            if (terms.Count > most)
                (best, most) = (found[i].First, terms.Count);
        }
        return best;
    }

    /// <summary>Moves the cuts to where words end, as far as that is near, and never into a surrogate pair.</summary>
    private static (int Start, int End) Window(string text, int start)
    {
        const int Near = 20;
        var end = Math.Min(text.Length, start + Length);
        if (start > 0 && text.AsSpan(start, Math.Min(Near, end - start)).IndexOfAny(" \n\r\t") is >= 0 and var space)
            start += space + 1;
        if (end < text.Length && text.AsSpan(end - Near, Near).LastIndexOfAny(" \n\r\t") is >= 0 and var last)
            end += last - Near;
        if (start > 0 && start < text.Length && char.IsLowSurrogate(text[start]))
            start++;
        if (end < text.Length && end > start && char.IsLowSurrogate(text[end]))
            end--;
        return (start, end);
    }
}
