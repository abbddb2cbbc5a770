namespace Dossier;

/// <summary>
/// What is kept; the rest goes to the trash, from where it can be restored until it is purged. Each rule keeps something: with two rules
/// for artifacts, one is kept when either of them keeps it. What is pinned is kept in any case, and so is a session that holds something pinned.
/// </summary>
public sealed record RetentionPolicy
{
    /// <summary>Keeps artifacts that were stored within this time.</summary>
    /// <value>Zero or more; null, the default, is no rule.</value>
    public TimeSpan? KeepArtifactsFor { get; init; }

    /// <summary>Keeps the newest so many versions of every name in a session, pinned ones counted.</summary>
    /// <value>1 or more; null, the default, is no rule.</value>
    public int? KeepVersions { get; init; }

    /// <summary>Keeps sessions that were written to within this time; without it no session goes to the trash.</summary>
    /// <value>Zero or more; null, the default, is no rule.</value>
    public TimeSpan? KeepSessionsFor { get; init; }

    /// <summary>The sessions that the policy is for; null for all. Its order, page size and trash filter do not matter.</summary>
    public SessionQuery? Sessions { get; init; }

    /// <summary>Only reports what would go to the trash, and changes nothing.</summary>
    public bool DryRun { get; init; }

    /// <exception cref="ArgumentException">There is no rule, or one is out of its bounds.</exception>
    internal static void Check(RetentionPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy is { KeepArtifactsFor: null, KeepVersions: null, KeepSessionsFor: null })
            throw new ArgumentException(
                "The policy has no rule, and nothing is deleted by a missing one. Set KeepArtifactsFor, KeepVersions or KeepSessionsFor.",
                nameof(policy)
            );
        ArgumentOutOfRangeException.ThrowIfLessThan(policy.KeepArtifactsFor ?? default, TimeSpan.Zero, nameof(policy));
        ArgumentOutOfRangeException.ThrowIfLessThan(policy.KeepSessionsFor ?? default, TimeSpan.Zero, nameof(policy));
        ArgumentOutOfRangeException.ThrowIfLessThan(policy.KeepVersions ?? 1, 1, nameof(policy));
    }
}
