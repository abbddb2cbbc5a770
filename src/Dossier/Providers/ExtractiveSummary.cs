using System.Collections.Frozen;
using System.Net;
using System.Text.RegularExpressions;

namespace Dossier;

/// <summary>A sentence that was picked, and where it stood.</summary>
internal readonly record struct RankedSentence(int Position, string Text);

/// <summary>
/// Picks the most telling sentences of a text or Markdown by the frequency of their words, after SumBasic (Nenkova and
/// Vanderwende, "The impact of frequency on summarization", 2005): words that a picked sentence has used count less for the next.
/// Sentences near the beginning count more, very long ones less. Stop words are English.
/// </summary>
internal static partial class ExtractiveSummary
{
    private const int MinWords = 5;
    private const int MaxWords = 45;
    private const int TimeoutMilliseconds = 10_000;
    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    private static readonly FrozenSet<string> StopWords = (
        "a about after all also an and any are as at be because been before being between both but by can could did do does each either for "
        + "from had has have he her here his how i if in into is it its just like may more most my no nor not of off on once one only or other "
        + "our out over own per she should so some such than that the their them then there these they this those through to too under up use "
        + "used using very was we were what when where which while who why will with without would you your"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Abbreviations = FrozenSet.ToFrozenSet(
        ["e.g", "i.e", "cf", "vs", "mr", "mrs", "ms", "dr", "prof", "st", "fig", "approx", "al"],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>The best sentences, best first; the first lines of a text that has no sentences.</summary>
    public static IReadOnlyList<RankedSentence> Rank(string text, int count, CancellationToken cancellationToken)
    {
        var sentences = Paragraphs(text).SelectMany(Sentences).ToList();
        var open = sentences.Select((sentence, i) => new Candidate(i, sentence)).Where(candidate => candidate.IsTelling).ToList();
        var hasProse = open.Count > 0;
        if (!hasProse)
            open = [.. text.Split('\n').Select((line, i) => new Candidate(i, line.Trim())).Where(line => line.Text.Length > 0).Take(count)];
        var weights = open.SelectMany(candidate => candidate.Terms)
            .CountBy(term => term)
            .ToDictionary(item => item.Key, item => (double)item.Value);
        var picked = new List<RankedSentence>();
        while (picked.Count < count && open.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var best = open.MaxBy(candidate => candidate.Score(weights, sentences.Count))!;
            open.Remove(best);
            picked.Add(new(best.Position, hasProse && char.IsLetterOrDigit(best.Text[^1]) ? best.Text + '.' : best.Text));
            foreach (var term in best.Terms.Distinct())
                weights[term] *= 0.5;
        }
        return picked;
    }

    /// <summary>The paragraphs and list items of Markdown, each on one line, without headings, code blocks, tables and markup.</summary>
    private static List<string> Paragraphs(string markdown)
    {
        List<string> paragraphs = [];
        var open = "";
        foreach (var line in NoProse().Replace(markdown.ReplaceLineEndings("\n"), "\n").Split('\n', StringSplitOptions.TrimEntries))
        {
            if (Underline().IsMatch(line))
                open = ""; // it made a heading of what stands above it; a front matter ends like that too
            var marker = Marker().Match(line);
            if (marker.Groups["item"].Success || line.Length == 0)
                Close();
            if (!Underline().IsMatch(line))
                open += ' ' + line[marker.Length..];
        }
        Close();
        return paragraphs;

        void Close()
        {
            var text = Markup().Replace(Markup().Replace(open, "${text}"), "${text}"); // twice: a link around an image, bold around italic
            open = "";
            if (!string.IsNullOrWhiteSpace(text))
                paragraphs.Add(Spaces().Replace(WebUtility.HtmlDecode(text), " ").Trim());
        }
    }

    private static IEnumerable<string> Sentences(string paragraph)
    {
        var start = 0;
        foreach (Match boundary in Boundary().Matches(paragraph))
        {
            var sentence = paragraph[start..boundary.Index];
            var lastWord = sentence[(sentence.LastIndexOfAny([' ', '(']) + 1)..].TrimEnd('.');
            if (sentence.EndsWith('.') && (lastWord.Length == 1 || Abbreviations.Contains(lastWord)))
                continue;
            yield return sentence;
            start = boundary.Index + boundary.Length;
        }
        if (start < paragraph.Length)
            yield return paragraph[start..];
    }

    [GeneratedRegex(
        @"<!--.*?-->|^ {0,3}(?<fence>```|~~~).*?(^ *\k<fence>[^\n]*$|\z)|^ *(\||#{1,6}\s|\[[^\]\n]+\]:\s|[-:| ]+\|)[^\n]*$",
        Options | RegexOptions.Singleline | RegexOptions.Multiline,
        TimeoutMilliseconds
    )]
    private static partial Regex NoProse();

    [GeneratedRegex(@"^(=+|-{2,}|\*{3,}|_{3,})$", Options, TimeoutMilliseconds)]
    private static partial Regex Underline();

    [GeneratedRegex(@"^(>\s?)*(?<item>([-*+]|\d{1,3}[.)])\s+(\[[ xX]\]\s+)?)?", Options, TimeoutMilliseconds)]
    private static partial Regex Marker();

    [GeneratedRegex(
        @"!\[[^\]]{0,500}\](\([^)]{0,2000}\)|\[[^\]]{0,500}\])|\[(?<text>[^\[\]]*)\](\([^)]{0,2000}\)|\[[^\]]{0,500}\])"
            + @"|`+(?<text>[^`]+)`+|</?[A-Za-z][^>]{0,2000}>"
            + @"|(?<!\w)(?<mark>\*\*|__|~~|\*|_)(?=\S)(?<text>[^`]{1,500}?)(?<=\S)\k<mark>(?!\w)",
        Options,
        TimeoutMilliseconds
    )]
    private static partial Regex Markup();

    [GeneratedRegex(@"\s+", Options, TimeoutMilliseconds)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<=[.!?…][""'”’)\]]{0,3})\s+(?=[""'“‘(\[]{0,3}[\p{Lu}\p{Lo}\p{Nd}])|(?<=[。！？])", Options, TimeoutMilliseconds)]
    private static partial Regex Boundary();

    [GeneratedRegex(@"[\p{L}\p{N}]+(['’-][\p{L}\p{N}]+)*", Options, TimeoutMilliseconds)]
    private static partial Regex Word();

    private sealed class Candidate
    {
        private readonly int _words;

        public Candidate(int position, string text)
        {
            var words = Word().Matches(text).Select(match => match.Value.ToLowerInvariant()).ToList();
            (Position, Text, _words) = (position, text, words.Count);
            Terms = [.. words.Where(word => word.Length > 1 && !StopWords.Contains(word)).Select(Singular)];
        }

        public int Position { get; }

        public string Text { get; }

        public IReadOnlyList<string> Terms { get; }

        /// <summary>A phrase in a list is too short to stand alone, and "Install it with:" says nothing without what follows.</summary>
        public bool IsTelling => _words >= MinWords && !Text.EndsWith(':');

        public double Score(Dictionary<string, double> weights, int sentences)
        {
            var mean = Terms.Sum(term => weights[term]) / (Terms.Count + 4); // + 4, or the shortest would win
            var place = Position == 0 ? 2.0 : 1.5 - (double)Position / Math.Max(sentences, 1);
            var isStatement = Text.TrimEnd('"', '\'', ')', '”', '’') is [.., '.' or '!' or '。' or '！'];
            return mean * place * (isStatement ? 1 : 0.5) * (_words > MaxWords ? 0.5 : 1);
        }

        private static string Singular(string word) => word is [_, _, .., not 's', 's'] ? word[..^1] : word;
    }
}
