namespace Dossier;

/// <summary>A synced catalogue as it was on one day.</summary>
/// <param name="Date">The day.</param>
/// <param name="Models">Its models.</param>
internal sealed record ModelSnapshot(DateOnly Date, IReadOnlyList<ModelDescriptor> Models);
