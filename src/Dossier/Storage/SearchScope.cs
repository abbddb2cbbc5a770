using System.Globalization;

namespace Dossier.Storage;

/// <summary>The words by which the index narrows a search, and the query in FTS5's own language (https://sqlite.org/fts5.html).</summary>
internal static class SearchScope
{
    /// <summary>What an artifact is filed under: its session, its owner, its content type and the kind of that.</summary>
    public static string Of(long session, string? owner, string contentType)
    {
        var type = Bare(contentType);
        return $"{Session(session)} {Type(type)} {Kind(type)}{(owner is null ? "" : $" {Owner(owner)}")}";
    }

    /// <param name="expression">Has a word to look for.</param>
    /// <param name="session">The key of the only session to look in.</param>
    /// <param name="owner">The only owner to look for. Owners of the same hash are for the caller to compare.</param>
    /// <param name="contentType">A type or all of a kind. Parameters are for the caller to compare.</param>
    public static string Match(SearchExpression expression, long? session, string? owner, string? contentType)
    {
        var scope = new List<string>();
        if (session is { } key)
            scope.Add(Session(key));
        if (owner is not null)
            scope.Add(Owner(owner));
        if (contentType is not (null or "*/*"))
            scope.Add(contentType.EndsWith("/*", StringComparison.Ordinal) ? Kind(contentType) : Type(Bare(contentType)));

        var match = string.Join(" AND ", expression.Terms.Where(term => !term.IsExcluded).Select(Phrase));
        match = $"{{name text}} : ({match})";
        if (scope.Count > 0)
            match = $"(scope : ({string.Join(" AND ", scope)}) AND {match})";
        var excluded = string.Join(" OR ", expression.Terms.Where(term => term.IsExcluded).Select(Phrase));
        return excluded.Length == 0 ? match : $"{match} NOT {{name text}} : ({excluded})";
    }

    // Words are letters and digits only: nothing in them can end the quotation.
    private static string Phrase(SearchTerm term) => $"\"{string.Join(' ', term.Words)}\"{(term.IsPrefix ? " *" : "")}";

    private static string Session(long key) => string.Create(CultureInfo.InvariantCulture, $"s{key}");

    private static string Owner(string owner) => $"o{Hash(owner)}";

    private static string Type(string type) => $"t{Hash(type)}";

    private static string Kind(string type) => $"k{Hash(type[..Math.Max(0, type.IndexOf('/', StringComparison.Ordinal))])}";

    private static string Bare(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return end < 0 ? contentType : contentType[..end].TrimEnd();
    }

    /// <summary>FNV-1a, since a type or an owner may have characters that no word has. The record is compared as well, so a collision does no harm.</summary>
    private static string Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
            hash = unchecked((hash ^ char.ToLowerInvariant(c)) * 16777619u);
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}
