namespace Dossier.Storage;

/// <summary>What a transaction knows of a session that it writes to: read once, counted up in memory, written back once.</summary>
internal sealed class SessionState
{
    /// <summary>0 for a session that does not exist.</summary>
    public long Key { get; set; }
    public long Revision { get; set; }
    public long LastSequence { get; set; }
    public long UpdatedAt { get; set; }

    /// <summary>Null for a session that does not exist.</summary>
    public DateTimeOffset? CreatedAt { get; set; }
    public bool IsTrashed { get; set; }

    /// <summary>How many entries its chain has.</summary>
    public long Links { get; set; }

    /// <summary>The hash of the last of them; before the first what that is to cover.</summary>
    public ContentDigest Head { get; set; }
    public bool IsChanged { get; set; }

    /// <summary>Its artifacts by content type.</summary>
    public ArtifactTally Totals { get; set; } = new();

    /// <summary>The sums of its ledger.</summary>
    public BudgetTotals Budget { get; set; } = BudgetTotals.Nothing;

    /// <summary>The latest versions, by name, as far as they were asked for.</summary>
    public Dictionary<string, int> Versions { get; } = [];

    /// <summary>What the bodies of its responses begin with, as far as it was asked for, and its numbers.</summary>
    public List<(byte[] Body, long Number)> Commons { get; } = [];

    /// <summary>Adds an entry to its chain, whose hash is then <see cref="Head"/>; returns the number.</summary>
    public long Link(in ChainEntry entry)
    {
        Head = entry.After(Head);
        return ++Links;
    }
}
