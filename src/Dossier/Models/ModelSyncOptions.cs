namespace Dossier;

/// <summary>How the catalogue of models is synced.</summary>
public sealed class ModelSyncOptions
{
    /// <summary>Where the catalogue is fetched from; no key is sent there, and a redirect is not followed.</summary>
    /// <value><c>https://models.dev/api.json</c> by default; another one has to serve the same shape.</value>
    public Uri Endpoint { get; set; } = new("https://models.dev/api.json");

    /// <summary>How long all of it may take; above 0.</summary>
    /// <value>60 seconds by default.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How many bytes the catalogue may have; above 0.</summary>
    /// <value>64 MiB by default.</value>
    public int MaxBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How many usable models make a catalogue that may take the place of the last one; above 0.</summary>
    /// <value>100 by default. Whatever it is, a catalogue of which more than half is not usable is refused.</value>
    public int MinModels { get; set; } = 100;

    /// <exception cref="ArgumentException">An option is out of its bounds.</exception>
    internal static ModelSyncOptions Checked(ModelSyncOptions options) =>
        options.Problem is { } problem ? throw new ArgumentException($"{nameof(ModelSyncOptions)}.{problem}", nameof(options)) : options;

    private string? Problem =>
        Endpoint is not { IsAbsoluteUri: true, Scheme: "http" or "https" }
            ? $"{nameof(Endpoint)} is '{Endpoint}'; it has to be an absolute http or https URI."
        : Timeout <= TimeSpan.Zero ? $"{nameof(Timeout)} is {Timeout}; it has to be above 0."
        : MaxBytes <= 0 ? $"{nameof(MaxBytes)} is {MaxBytes}; it has to be above 0."
        : MinModels <= 0 ? $"{nameof(MinModels)} is {MinModels}; it has to be above 0."
        : null;
}

/// <summary>What a sync brought.</summary>
public sealed record ModelSyncResult
{
    /// <summary>Whether a new snapshot is in force; false when the catalogue was the same as the last time.</summary>
    public required bool IsNew { get; init; }

    /// <summary>The day (UTC) of the snapshot that is in force.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>How many models it has.</summary>
    public required int ModelCount { get; init; }

    /// <summary>The records that were left out of a new snapshot.</summary>
    public IReadOnlyList<SkippedModel> Skipped { get; init; } = [];
}
