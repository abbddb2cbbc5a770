namespace Dossier;

/// <summary>Where a model is between its announcement and its end.</summary>
public enum LifeCycle
{
    /// <summary>No source says.</summary>
    Unknown,

    /// <summary>It is served.</summary>
    Active,

    /// <summary>It is served, and may change or go away without notice.</summary>
    Preview,

    /// <summary>It is served, and its maker has announced the end.</summary>
    Deprecated,

    /// <summary>It is no longer served.</summary>
    EndOfLife,
}
