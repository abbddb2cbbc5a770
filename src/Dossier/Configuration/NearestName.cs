namespace Dossier;

/// <summary>Says what a mistyped name was probably meant to be.</summary>
internal static class NearestName
{
    /// <summary>"Did you mean 'x' or 'y'?", or else what there is.</summary>
    public static string Suggest(string name, IReadOnlyCollection<string> names) =>
        NearestNames.Of(name, names, 3) is { Count: > 0 } near
            ? $"Did you mean {string.Join(" or ", near.Select(candidate => $"'{candidate}'"))}?"
            : $"Known are {string.Join(", ", names.Order(StringComparer.Ordinal))}.";
}
