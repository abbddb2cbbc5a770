namespace Dossier.Storage;

/// <summary>What the queries mean, record by record.</summary>
internal static class MemoryFilter
{
    public static bool Matches(SessionQuery query, SessionInfo session) =>
        (query.Name is null || string.Equals(query.Name, session.Name, StringComparison.Ordinal))
        && (query.NameGlob is null || (session.Name is not null && GlobMatches(query.NameGlob, session.Name)))
        && (query.Status is null || query.Status == session.Status)
        && (query.Owner is null || string.Equals(query.Owner, session.Owner, StringComparison.Ordinal))
        && (query.CreatedFrom is null || session.CreatedAt >= query.CreatedFrom)
        && (query.CreatedBefore is null || session.CreatedAt < query.CreatedBefore)
        && (query.Tag is null || session.Tags.Contains(query.Tag, StringComparer.Ordinal))
        && MatchesTrash(query.Trash, session.TrashedAt is not null)
        && (query.Tags ?? []).All(tag => session.Tags.Contains(tag, StringComparer.Ordinal));

    public static bool Matches(ArtifactQuery query, ArtifactRecord artifact) =>
        (query.Name is null || string.Equals(query.Name, artifact.Name, StringComparison.Ordinal))
        && (query.NameGlob is null || GlobMatches(query.NameGlob, artifact.Name))
        && (query.ContentType is null || ContentTypeMatches(query.ContentType, artifact.ContentType))
        && (query.IsPinned is null || query.IsPinned == artifact.IsPinned)
        && (query.Role is null || query.Role == artifact.Role)
        && (query.CreatedFrom is null || artifact.CreatedAt >= query.CreatedFrom)
        && (query.CreatedBefore is null || artifact.CreatedAt < query.CreatedBefore)
        && (query.ProducedBy is null || string.Equals(query.ProducedBy, artifact.ProducedBy, StringComparison.Ordinal))
        && (query.StepKey is null || query.StepKey == artifact.StepKey)
        && (query.MinSize is null || artifact.Size >= query.MinSize)
        && (query.MaxSize is null || artifact.Size <= query.MaxSize)
        && MetadataMatch.Matches(query, artifact.Metadata);

    public static bool MatchesTrash(TrashFilter filter, bool isTrashed) =>
        filter switch
        {
            TrashFilter.Only => isTrashed,
            TrashFilter.Include => true,
            _ => !isTrashed,
        };

    public static bool Matches(ResponseQuery query, MemoryResponse response) =>
        (query.Key is null || string.Equals(query.Key, response.Key, StringComparison.Ordinal))
        && (query.Outcome is null || query.Outcome == response.Outcome)
        && (query.TextDigest is null || query.TextDigest == response.TextDigest)
        && (query.StepKey is null || query.StepKey == response.StepKey);

    public static bool Matches(StepQuery query, StepRecord step) =>
        (query.Name is null || string.Equals(query.Name, step.Name, StringComparison.Ordinal))
        && (query.Status is null || query.Status == step.Status)
        && (query.ParentKey is null || query.ParentKey == step.ParentKey);

    /// <summary><c>*</c> stands for any characters and <c>?</c> for one code point; everything else for itself.</summary>
    public static bool GlobMatches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        int p = 0,
            t = 0,
            star = -1,
            retry = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, retry) = (p++, t);
            else if (p < pattern.Length && pattern[p] == '?')
                (p, t) = (p + 1, t + CodePointLength(text, t));
            else if (p < pattern.Length && pattern[p] == text[t])
                (p, t) = (p + 1, t + 1);
            else if (star >= 0)
                (p, t, retry) = (star + 1, retry + CodePointLength(text, retry), retry + CodePointLength(text, retry));
            else
                return false;
        }
        return pattern[p..].TrimStart('*').IsEmpty;
    }

    private static int CodePointLength(ReadOnlySpan<char> text, int index) =>
        char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]) ? 2 : 1;

    public static bool ContentTypeMatches(string wanted, string actual) =>
        wanted is "*/*"
        || (
            wanted.EndsWith("/*", StringComparison.Ordinal)
                ? actual.StartsWith(wanted[..^1], StringComparison.OrdinalIgnoreCase)
                : string.Equals(wanted, actual, StringComparison.OrdinalIgnoreCase) || IsWithParameters(wanted, actual)
        );

    private static bool IsWithParameters(string wanted, string actual) =>
        actual.Length > wanted.Length
        && actual[wanted.Length] == ';'
        && !wanted.Contains(';', StringComparison.Ordinal)
        && actual.StartsWith(wanted, StringComparison.OrdinalIgnoreCase);
}
