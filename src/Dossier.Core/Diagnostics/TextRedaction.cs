using System.Text;

namespace Dossier;

/// <summary>Takes out of a text what the user's own redactors find, one redactor after the other.</summary>
internal static class TextRedaction
{
    /// <summary>The text without what a redactor finds; the same instance when it finds nothing.</summary>
    /// <exception cref="RedactionException">The redactor threw, or found what is not in the text.</exception>
    public static string Apply(IRedactor redactor, string text, RedactionTally? tally, RedactedPart part)
    {
        if (text.Length == 0 || Find(redactor, text) is not { Count: > 0 } spans)
            return text;
        var result = new StringBuilder(text.Length);
        var end = 0;
        foreach (var span in spans)
        {
            if (span.Start >= end)
                result.Append(text, end, span.Start - end).Append(span.Replacement ?? SecretMasker.Mask);
            end = Math.Max(end, span.Start + span.Length);
            tally?.Add(span.Kind, part);
        }
        return result.Append(text, end, text.Length - end).ToString();
    }

    private static List<RedactedSpan> Find(IRedactor redactor, string text)
    {
        List<RedactedSpan>? spans;
        try
        {
            IEnumerable<RedactedSpan>? found = redactor.Find(text);
            spans = found is null ? null : [.. found];
        }
        // The text may be in its message, so that only its type is told.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw Failed(redactor, $"threw {e.GetType()}", e);
        }
        if (spans is null)
            throw Failed(redactor, "returned null instead of an empty list");
        foreach (var (start, length, kind, _) in spans)
        {
            if (start < 0 || length < 1 || start > text.Length - length)
                throw Failed(redactor, $"found {length} characters at {start}, in a text of {text.Length}");
            if (string.IsNullOrWhiteSpace(kind))
                throw Failed(redactor, "found something of no kind");
        }
        spans.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        return spans;
    }

    private static RedactionException Failed(IRedactor redactor, string problem, Exception? inner = null) =>
        new(
            $"The redactor {redactor.GetType()} {problem}. What it was to look at is not stored, as it cannot be told what must go. Mend the redactor, or take it out of SessionOptions.Redactors.",
            inner
        );
}
