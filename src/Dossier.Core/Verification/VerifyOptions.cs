namespace Dossier;

/// <summary>What <see cref="SessionStore.VerifyAsync"/> looks at, and what it does about it.</summary>
public sealed record VerifyOptions
{
    /// <summary>Verify only this session's records and the content that they name; null verifies everything.</summary>
    /// <value>Null by default.</value>
    public string? SessionId { get; init; }

    /// <summary>
    /// Whether damaged content is set aside, so that whoever reads it is told so instead of being given wrong bytes, and storing the
    /// same bytes again heals it. Nothing is deleted: <c>LocalStorage</c> moves it to <c>objects/quarantine/</c>. A storage of your own
    /// that brings no <see cref="Storage.IStorage.Maintenance"/> cannot, and reports only.
    /// </summary>
    /// <value>False by default: nothing is changed.</value>
    public bool Quarantine { get; init; }

    /// <summary>
    /// Whether an index of metadata that disagrees with the artifacts is made anew from them, where it does. Nothing else is written. It is
    /// reported all the same.
    /// </summary>
    /// <value>False by default: nothing is changed.</value>
    public bool RebuildIndex { get; init; }

    /// <summary>
    /// What the chains of sessions ended in when that was last noted somewhere else, by the sessions' ids (<see cref="SessionChainExtensions.GetChainHeadAsync"/>).
    /// Each chain has to lead through it. Without it a verification finds records that were changed, removed or put in; with it also a whole
    /// history that was written anew. A session that is gone is reported, too. With <see cref="SessionId"/> only that session's counts.
    /// </summary>
    /// <value>Empty by default.</value>
    public IReadOnlyDictionary<string, ChainHead> ChainHeads { get; init; } = new Dictionary<string, ChainHead>();

    /// <summary>How long a file that no record names is left to the writer that may be about to name it, before it is reported.</summary>
    /// <value>0 or more; 1 hour by default.</value>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The sessions of <see cref="ChainHeads"/> that are looked at.</summary>
    internal IEnumerable<string> NotedSessions() => ChainHeads.Keys.Where(id => SessionId is null || SessionId == id);
}

/// <summary>How far a verification is. Totals are as of its start; writers may add to them meanwhile.</summary>
/// <param name="Objects">How many contents were hashed.</param>
/// <param name="TotalObjects">How many there are; null where that is not known beforehand, as with <see cref="VerifyOptions.SessionId"/>.</param>
/// <param name="Bytes">How many bytes were hashed.</param>
/// <param name="TotalBytes">How many there are; null where that is not known beforehand.</param>
public readonly record struct VerifyProgress(long Objects, long? TotalObjects, long Bytes, long? TotalBytes);
