using System.Text;
using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>What is different between two texts, line by line.</summary>
public sealed record TextDiff
{
    // Around what has changed.
    private const int Context = 2;
    private const int MostLines = 400;
    private const int LongestLine = 2_000;

    private TextDiff() { }

    /// <summary>The lines that were removed and added, with two lines around them; one that stands for what lies between two such places. At most 400.</summary>
    public IReadOnlyList<DiffLine> Lines { get; private init; } = [];

    /// <summary>How many lines only the first text has, as far as they were compared.</summary>
    public int Removed { get; private init; }

    /// <summary>How many lines only the second text has, as far as they were compared.</summary>
    public int Added { get; private init; }

    /// <summary>Whether there may be more: a text was too long to be compared to its end, or <see cref="Lines"/> to be listed to theirs.</summary>
    public bool IsCut { get; private init; }

    /// <summary>Compares two texts.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    public static TextDiff Of(string left, string right) => Of(left, right, isCut: false);

    internal static TextDiff Of(string left, string right, bool isCut)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var edits = LineDiff.Compare(left.Split('\n'), right.Split('\n'));
        var lines = Shown(edits);
        return new()
        {
            Lines = lines.Count > MostLines ? lines[..MostLines] : lines,
            Removed = edits.Count(edit => edit.Kind is DiffLineKind.Removed),
            Added = edits.Count(edit => edit.Kind is DiffLineKind.Added),
            IsCut = isCut || lines.Count > MostLines || lines.Any(line => line.IsCut),
        };
    }

    /// <summary>The lines behind <c>+</c>, <c>-</c> or a space; <c>…</c> for lines that are left out.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var line in Lines)
            text.Append(line).Append('\n');
        if (IsCut)
            text.Append("… cut, there may be more\n");
        return text.ToString().TrimEnd('\n');
    }

    private static List<DiffLine> Shown(IReadOnlyList<LineEdit> edits)
    {
        var isShown = new bool[edits.Count];
        for (var i = 0; i < edits.Count; i++)
            if (edits[i].Kind is not DiffLineKind.Same)
                Array.Fill(isShown, true, Math.Max(0, i - Context), Math.Min(edits.Count, i + Context + 1) - Math.Max(0, i - Context));
        var lines = new List<DiffLine>();
        for (var i = 0; i < edits.Count && lines.Count <= MostLines; i++)
        {
            if (isShown[i])
                lines.Add(new(edits[i].Kind, Short(edits[i].Text)) { IsCut = edits[i].Text.Length > LongestLine });
            else if (lines is [.., { Kind: not DiffLineKind.Skipped }])
                lines.Add(new(DiffLineKind.Skipped, ""));
        }
        return lines is [.., { Kind: DiffLineKind.Skipped }] ? lines[..^1] : lines;
    }

    private static string Short(string line) => line.Length > LongestLine ? string.Concat(line.AsSpan(0, LongestLine), "…") : line;
}

/// <summary>A line of a <see cref="TextDiff"/>.</summary>
/// <param name="Kind">Which of the texts it is in.</param>
/// <param name="Text">The line, up to 2,000 characters of it; empty for one that is left out.</param>
public sealed record DiffLine(DiffLineKind Kind, string Text)
{
    /// <summary>Whether the line is longer than that.</summary>
    internal bool IsCut { get; init; }

    /// <summary>The line behind <c>+</c>, <c>-</c> or a space.</summary>
    public override string ToString() =>
        Kind switch
        {
            DiffLineKind.Removed => "- " + Text.TrimEnd('\r'),
            DiffLineKind.Added => "+ " + Text.TrimEnd('\r'),
            DiffLineKind.Skipped => "…",
            _ => "  " + Text.TrimEnd('\r'),
        };
}

/// <summary>Which of two texts a line is in.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DiffLineKind>))]
public enum DiffLineKind
{
    /// <summary>In both.</summary>
    Same,

    /// <summary>In the first.</summary>
    Removed,

    /// <summary>In the second.</summary>
    Added,

    /// <summary>It stands for lines that are in both and are left out.</summary>
    Skipped,
}
