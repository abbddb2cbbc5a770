namespace Dossier;

/// <summary>Whether a list looks into the trash. Everything in a session that is in the trash counts as being there too, for who looks over all sessions.</summary>
public enum TrashFilter
{
    /// <summary>What is in the trash is left out. The default.</summary>
    Exclude,

    /// <summary>Only what is in the trash.</summary>
    Only,

    /// <summary>With what is in the trash.</summary>
    Include,
}
