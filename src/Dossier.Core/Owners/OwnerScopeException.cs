namespace Dossier;

/// <summary>
/// Something was asked of a store that is limited to one owner (<see cref="SessionStore.ForOwner"/>) that concerns others, too. Nothing was
/// read or changed.
/// </summary>
public sealed class OwnerScopeException : DossierException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="owner">Whom the store is limited to.</param>
    /// <param name="message">Subject, value and remedy.</param>
    public OwnerScopeException(string owner, string message)
        : base(message) => Owner = owner;

    /// <summary>Whom the store is limited to.</summary>
    public string Owner { get; }
}
