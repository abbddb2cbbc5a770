namespace Dossier;

/// <summary>The names that come nearest to one that is not known, for error messages.</summary>
internal static class NearestNames
{
    /// <summary>The nearest of the candidates, best first; none that would not be taken for a slip of the pen.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> candidates, int count) =>
        [
            .. candidates
                .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
                .Where(candidate => candidate.Distance <= Limit(name))
                .OrderBy(candidate => candidate.Distance)
                .ThenBy(candidate => candidate.Name.Length)
                .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
                .Take(count)
                .Select(candidate => candidate.Name),
        ];

    /// <summary>"Did you mean 'x' or 'y'?"; empty when nothing is near.</summary>
    public static string Question(IReadOnlyList<string> nearest) =>
        nearest.Count == 0 ? "" : $"Did you mean {string.Join(" or ", nearest.Select(name => $"'{name}'"))}?";

    /// <summary>The question for a name that is none of these, or else what there is.</summary>
    public static string Suggest(string name, IReadOnlyCollection<string> names) =>
        Of(name, names, 3) is { Count: > 0 } near ? Question(near) : $"Known are {string.Join(", ", names.Order(StringComparer.Ordinal))}.";

    /// <summary>How far a name may be off and still be offered.</summary>
    public static int Limit(string name) => Math.Max(2, name.Length / 3);

    /// <summary>
    /// How far apart two names are: insertions, deletions, replacements and swaps of neighbours, without regard to case
    /// and to <c>- _ . :</c> and spaces. A name that holds the other counts as 2 at most.
    /// </summary>
    public static int Distance(string left, string right)
    {
        var (a, b) = (Bare(left), Bare(right));
        var contained =
            Math.Min(a.Length, b.Length) >= 3 && (a.Contains(b, StringComparison.Ordinal) || b.Contains(a, StringComparison.Ordinal));
        return contained ? Math.Min(2, Math.Abs(a.Length - b.Length)) : Edits(a, b);
    }

    private static string Bare(string name) =>
        string.Concat(name.Where(c => c is not ('-' or '_' or '.' or ':' or ' ')).Select(char.ToLowerInvariant));

    private static int Edits(string a, string b)
    {
        // Three rows of the table of optimal string alignment are all that it looks back at.
        var (before, last, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
            last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, last, row) = (last, row, before);
        }
        return last[b.Length];
    }
}
