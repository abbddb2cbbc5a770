namespace Dossier;

/// <summary>Second names of providers: people say gemini, the catalogue says google.</summary>
internal static class ProviderAlias
{
    private const string Gemini = "gemini";
    private const string Google = "google";

    /// <summary>The name under which a provider stands: itself, unless only the other name is there.</summary>
    public static string? Find(string name, IEnumerable<string> providers)
    {
        string? other = null;
        foreach (var provider in providers)
        {
            if (Same(provider, name))
                return provider;
            if (Same(provider, Google) && Same(name, Gemini))
                other = provider;
        }
        return other;
    }

    private static bool Same(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
