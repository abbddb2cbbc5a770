namespace Dossier;

/// <summary>The catalogue that comes with Dossier; read once, when the first registry is asked.</summary>
internal static class EmbeddedCatalogue
{
    private static readonly Lazy<ModelSnapshot> s_snapshot = new(static () => CatalogueReader.Read(ReadBytes()));
    private static readonly Lazy<ModelIndex> s_index = new(static () => new ModelIndex(s_snapshot.Value.Models));

    public static ModelIndex Index => s_index.Value;

    /// <summary>The day of which it is.</summary>
    public static DateOnly Date => s_snapshot.Value.Date;

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
