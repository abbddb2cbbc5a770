namespace Dossier;

/// <summary>The one place where a store is made from its configuration.</summary>
internal static class SessionStoreFactory
{
    public static SessionStore Create(ResolvedConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        throw new NotSupportedException("The store is wired up where the engine is.");
    }
}
