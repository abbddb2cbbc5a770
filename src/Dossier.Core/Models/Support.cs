namespace Dossier;

/// <summary>Whether a model can do something. Unknown is not no.</summary>
public enum Support
{
    /// <summary>No source says.</summary>
    Unknown,

    /// <summary>It can.</summary>
    Yes,

    /// <summary>It cannot.</summary>
    No,
}
