namespace Dossier;

/// <summary>
/// The provider that is meant when none is said, and that so gets <see cref="SessionOptions.ApiKey"/>. One rule, wherever the
/// key comes from: the first source, the highest in rank first, that names a provider decides, and in one source the
/// provider of its model comes before its provider of models without one.
/// </summary>
/// <param name="Name">The provider; null when it cannot be told.</param>
/// <param name="IsNamed">Whether a source names it, rather than there being no other.</param>
internal sealed record SelectedProvider(string? Name, bool IsNamed)
{
    private const string Fallback = "openai";

    /// <summary>The place in the working directory's file without which it would be another one; null when there is none.</summary>
    public string? ChosenBy { get; init; }

    /// <param name="sources">What each source names, the highest in rank first.</param>
    /// <param name="providers">The names of all providers.</param>
    /// <param name="configured">Those that somebody configured and that take a key.</param>
    public static SelectedProvider Of(
        IEnumerable<(string? Provider, string? Model)> sources,
        IEnumerable<string> providers,
        IEnumerable<string> configured
    )
    {
        foreach (var (provider, model) in sources)
        {
            if (ProviderOf(model, providers) is { } prefix)
                return new(prefix, IsNamed: true);
            if (!string.IsNullOrWhiteSpace(provider))
                return new(Find(provider, providers), IsNamed: true);
        }
        return configured.Take(2).ToList() switch
        {
            [] => new(Fallback, IsNamed: false),
            [var only] => new(only, IsNamed: false),
            _ => new(null, IsNamed: false),
        };
    }

    /// <summary>The provider of a store: as configuration settled it, else by its options alone.</summary>
    public static SelectedProvider Of(SessionOptions store) =>
        store.Selected
        ?? Of(
            [(store.Provider, store.Model)],
            store.Providers.Keys,
            store.Providers.Where(entry => entry.Value.IsConfigured && !entry.Value.IsLocal(entry.Key)).Select(entry => entry.Key)
        );

    /// <summary>The provider of a session: as its own options name it, else that of the store.</summary>
    public static SelectedProvider Of(SessionOptions session, SessionOptions store)
    {
        var own = Of([(session.Provider, session.Model)], store.Providers.Keys, []);
        return own.IsNamed ? own : Of(store);
    }

    /// <summary>The provider that a model is written with; null when it stands without one.</summary>
    private static string? ProviderOf(string? model, IEnumerable<string> providers) =>
        model?.Split('/', 2) is [var prefix, _] ? Find(prefix, providers) : null;

    private static string? Find(string name, IEnumerable<string> providers) => ProviderAlias.Find(name, providers);
}
