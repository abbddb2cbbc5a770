using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>What a bundle says of itself, in its first entry: everything that it has to hold.</summary>
internal sealed class BundleManifest
{
    public const string FormatName = "dossier.bundle";
    public const int CurrentVersion = 1;

    public string? Format { get; set; }
    public int Version { get; set; }
    public string? SessionId { get; set; }
    public bool DigestsOnly { get; set; }
    public bool Redacted { get; set; }
    public BundleCounts? Counts { get; set; }
    public BundlePart? Records { get; set; }
    public BundlePart[]? Content { get; set; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Shapes.BundleManifest);

    /// <exception cref="BundleException">It is none, or one of a newer version.</exception>
    public static BundleManifest Decode(ReadOnlySpan<byte> json, string bundle)
    {
        CheckVersion(json, bundle);
        BundleManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(json, RecordJson.Shapes.BundleManifest);
        }
        catch (JsonException e)
        {
            throw Refused("cannot be read", e);
        }
        if (manifest is not { SessionId: { } id, Counts: not null, Records: not null } || !Identifiers.IsSessionId(id))
            throw Refused("does not say what the bundle holds");
        if (manifest is { Redacted: true, DigestsOnly: false })
            throw Refused("says that the bundle is redacted, and that it has content");
        manifest.Content ??= [];
        if (manifest.Records.Size < 0 || manifest.Content.Any(part => part is not { Size: >= 0 }))
            throw Refused("states a size that nothing has");
        for (var i = 1; i < manifest.Content.Length; i++)
            if (string.CompareOrdinal(manifest.Content[i - 1].Digest.ToHex(), manifest.Content[i].Digest.ToHex()) >= 0)
                throw Refused($"names {manifest.Content[i].Digest} twice, or not in order");
        return manifest;

        BundleException Refused(string problem, Exception? inner = null) =>
            BundleException.Refused(bundle, BundleLayout.ManifestName, problem, inner);
    }

    // A newer one may have anything in it beside its format and version.
    private static void CheckVersion(ReadOnlySpan<byte> json, string bundle)
    {
        int version;
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (
                root.ValueKind is not JsonValueKind.Object
                || !root.TryGetProperty("format", out var format)
                || !format.ValueEquals(FormatName)
            )
                throw BundleException.Refused(bundle, BundleLayout.ManifestName, $"is not that of a bundle ('{FormatName}')");
            version = root.TryGetProperty("version", out var number) && number.TryGetInt32(out var value) ? value : 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw BundleException.Refused(bundle, BundleLayout.ManifestName, "cannot be read", e);
        }
        if (version > CurrentVersion)
            throw new BundleException(
                bundle,
                BundleLayout.ManifestName,
                $"Bundle '{bundle}' is of version {version}; this version of Dossier reads up to {CurrentVersion}. Nothing was imported. Update Dossier to read it."
            );
        if (version < 1)
            throw BundleException.Refused(bundle, BundleLayout.ManifestName, "states no version");
    }
}

/// <summary>How much of what a bundle holds.</summary>
internal sealed record BundleCounts
{
    public long Artifacts { get; set; }
    public long Responses { get; set; }
    public long Steps { get; set; }
    public long Conversations { get; set; }
    public long Messages { get; set; }
}

/// <summary>An entry of a bundle, or content that is left out of it.</summary>
internal sealed class BundlePart
{
    public ContentDigest Digest { get; set; }
    public long Size { get; set; }

    public static string NameOf(ContentDigest digest) => BundleLayout.ContentFolder + digest.ToHex();
}
