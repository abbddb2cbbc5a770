namespace Dossier.Storage;

/// <summary>What an erasure takes: one session, or all of an owner. There is no target that takes everything.</summary>
public sealed record ErasureTarget
{
    private ErasureTarget(string? sessionId, string? owner) => (SessionId, Owner) = (sessionId, owner);

    /// <summary>The session; null for all sessions of <see cref="Owner"/>.</summary>
    public string? SessionId { get; }

    /// <summary>Whose sessions; null for whoever has <see cref="SessionId"/>.</summary>
    public string? Owner { get; }

    /// <summary>One session.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="owner">Where given, only if it belongs to this owner.</param>
    public static ErasureTarget OfSession(string id, string? owner = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new(id, owner);
    }

    /// <summary>All sessions that an owner has when the erasure begins.</summary>
    public static ErasureTarget OfOwner(string owner)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        return new(null, owner);
    }
}
