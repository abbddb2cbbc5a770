namespace Dossier;

/// <summary>The catalogue that comes with Dossier; read once, when the first registry is asked.</summary>
internal static class EmbeddedCatalogue
{
    private static readonly Lazy<ModelIndex> s_index = new(() => new ModelIndex(CatalogueReader.Read(ReadBytes())));

    public static ModelIndex Index => s_index.Value;

    public static byte[] ReadBytes()
    {
        using var stream =
            typeof(EmbeddedCatalogue).Assembly.GetManifestResourceStream("Dossier.catalogue.json")
            ?? throw new InvalidOperationException("The assembly Dossier.Core has lost its resource Dossier.catalogue.json.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
