using System.Globalization;
using Dossier.Storage;

namespace Dossier;

/// <summary>Content was set aside because it was damaged.</summary>
internal sealed class QuarantinedException(ContentDigest digest, string location, DateTimeOffset at, string? place = null)
    : StorageException($"Content {digest} in {location} {WhatHappened(at, place)} Restore it from a backup, or store the same bytes again.")
{
    /// <summary>What happened to it, after its name.</summary>
    public string Event { get; } = WhatHappened(at, place);

    private static string WhatHappened(DateTimeOffset at, string? place) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"was quarantined on {at:yyyy-MM-dd HH:mm:ss} UTC, because its bytes had changed{(place is null ? "" : $"; they are in {place}")}."
        );
}
