namespace Dossier;

/// <summary>A line of one text, of the other, or of both.</summary>
/// <param name="Kind">Which: same, removed or added.</param>
/// <param name="Text">The line.</param>
internal readonly record struct LineEdit(DiffLineKind Kind, string Text);

/// <summary>
/// What makes one text of the other, line by line, with as few changes as possible (E. Myers, An O(ND) Difference Algorithm and Its
/// Variations, 1986). Of texts that have little in common, what lies between their first and their last common lines is replaced as a whole.
/// </summary>
internal static class LineDiff
{
    // The memory and time that it takes grow with the square of it.
    private const int MostEdits = 1000;

    private const int None = -1;

    public static IReadOnlyList<LineEdit> Compare(ReadOnlySpan<string> left, ReadOnlySpan<string> right)
    {
        var prefix = left.CommonPrefixLength(right);
        var suffix = 0;
        while (suffix < Math.Min(left.Length, right.Length) - prefix && left[^(suffix + 1)] == right[^(suffix + 1)])
            suffix++;
        var edits = new List<LineEdit>(left.Length);
        AddAll(edits, DiffLineKind.Same, left[..prefix]);
        edits.AddRange(Middle(left[prefix..^suffix], right[prefix..^suffix]));
        AddAll(edits, DiffLineKind.Same, left[^suffix..]);
        return edits;
    }

    private static List<LineEdit> Middle(ReadOnlySpan<string> left, ReadOnlySpan<string> right)
    {
        var reached = new List<Frontier>();
        var before = Frontier.Start;
        for (var edits = 0; edits <= Math.Min(left.Length + right.Length, MostEdits); edits++)
        {
            var frontier = new Frontier(edits);
            for (var diagonal = -edits; diagonal <= edits; diagonal += 2)
            {
                var (x, _) = before.Next(diagonal, left.Length, right.Length);
                while (x != None && x < left.Length && x - diagonal < right.Length && left[x] == right[x - diagonal])
                    x++;
                frontier[diagonal] = x;
                if (x == left.Length && x - diagonal == right.Length)
                    return Trace(left, right, reached);
            }
            reached.Add(before = frontier);
        }
        var replaced = new List<LineEdit>();
        AddAll(replaced, DiffLineKind.Removed, left);
        AddAll(replaced, DiffLineKind.Added, right);
        return replaced;
    }

    /// <summary>Goes back from the end, one change at a time.</summary>
    private static List<LineEdit> Trace(ReadOnlySpan<string> left, ReadOnlySpan<string> right, List<Frontier> reached)
    {
        var trace = new List<LineEdit>();
        var (x, y) = (left.Length, right.Length);
        for (var i = reached.Count - 1; i >= 0; i--)
        {
            var (start, isAdded) = reached[i].Next(x - y, left.Length, right.Length);
            for (; x > start; x--, y--)
                trace.Add(new(DiffLineKind.Same, left[x - 1]));
            trace.Add(isAdded ? new(DiffLineKind.Added, right[--y]) : new(DiffLineKind.Removed, left[--x]));
        }
        for (; x > 0; x--)
            trace.Add(new(DiffLineKind.Same, left[x - 1]));
        trace.Reverse();
        return trace;
    }

    private static void AddAll(List<LineEdit> edits, DiffLineKind kind, ReadOnlySpan<string> lines)
    {
        foreach (var line in lines)
            edits.Add(new(kind, line));
    }

    /// <summary>How far each diagonal is reached with so many changes: how many lines of the left text.</summary>
    private sealed class Frontier(int edits)
    {
        /// <summary>Before the first line, on the diagonal on which both texts begin.</summary>
        public static readonly Frontier Start = new(0) { [0] = None };

        private readonly int[] _reached = new int[(2 * edits) + 1];

        public int this[int diagonal]
        {
            get => Math.Abs(diagonal) <= edits && (diagonal + edits) % 2 == 0 ? _reached[diagonal + edits] : None;
            set => _reached[diagonal + edits] = value;
        }

        /// <summary>Where a diagonal is reached with one change more, and whether by an added line; nowhere behind the end of a text.</summary>
        public (int Reached, bool IsAdded) Next(int diagonal, int left, int right)
        {
            if (ReferenceEquals(this, Start))
                return (0, false);
            var (added, removed) = (this[diagonal + 1], this[diagonal - 1]);
            if (added != None && added - diagonal > right)
                added = None;
            removed = removed == None || removed == left ? None : removed + 1;
            return added >= removed ? (added, added != None) : (removed, false);
        }
    }
}
