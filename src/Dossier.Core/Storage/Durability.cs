namespace Dossier.Storage;

/// <summary>What a write has survived when its task completes.</summary>
public enum Durability
{
    /// <summary>A crash of the machine: the write has reached the disk. The default.</summary>
    Full,

    /// <summary>A crash of the process. A crash of the machine may lose the last writes, never damage the earlier ones. Several times faster.</summary>
    Process,
}
