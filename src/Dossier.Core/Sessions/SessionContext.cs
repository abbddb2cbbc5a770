namespace Dossier;

/// <summary>What a session is made of. A derived session takes it in its constructor and hands it to the base.</summary>
public sealed class SessionContext
{
    internal SessionContext(SessionStore store, SessionInfo info, SessionOptions options, StoreServices services, bool isNew)
    {
        (Store, Info, Options, Services, IsNew) = (store, info, options, services, isNew);
    }

    /// <summary>The store that the session was opened in.</summary>
    public SessionStore Store { get; }

    /// <summary>The session's record as it was when it was opened.</summary>
    public SessionInfo Info { get; }

    /// <summary>The options that it was opened with, configuration included.</summary>
    public SessionOptions Options { get; }

    internal StoreServices Services { get; }

    /// <summary>What its calls are answered from; null when they are not.</summary>
    internal ReplaySource? Replay { get; init; }

    /// <summary>Whether it was created by this opening, so that nothing in it is older.</summary>
    internal bool IsNew { get; }
}
