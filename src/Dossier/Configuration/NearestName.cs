namespace Dossier;

/// <summary>Finds what a mistyped name was meant to be.</summary>
internal static class NearestName
{
    /// <summary>The names that come nearest, at most three; none when all are far off.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> names)
    {
        var limit = Math.Max(2, name.Length / 3);
        return
        [
            .. names
                .Select(candidate => (Name: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
                .Where(candidate => candidate.Distance <= limit)
                .OrderBy(candidate => candidate.Distance)
                .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
                .Select(candidate => candidate.Name)
                .Take(3),
        ];
    }

    /// <summary>"Did you mean 'x' or 'y'?", or else what there is.</summary>
    public static string Suggest(string name, IReadOnlyCollection<string> names) =>
        Of(name, names) is { Count: > 0 } near
            ? $"Did you mean {string.Join(" or ", near.Select(candidate => $"'{candidate}'"))}?"
            : $"Known are {string.Join(", ", names.Order(StringComparer.Ordinal))}.";

    // Levenshtein's distance, one row at a time.
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
