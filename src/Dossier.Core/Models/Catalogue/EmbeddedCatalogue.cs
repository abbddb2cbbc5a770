namespace Dossier;

/// <summary>The catalogue that comes with Dossier; its names are read once, when the first registry is asked, and each model when it is asked for.</summary>
internal static class EmbeddedCatalogue
{
    private static readonly Lazy<Content> s_content = new(static () =>
    {
        var (date, models) = CatalogueLines.Read(ReadBytes());
        return new(date, new(models));
    });

    public static ModelIndex Index => s_content.Value.Index;

    /// <summary>The day of which it is.</summary>
    public static DateOnly Date => s_content.Value.Date;

    public static byte[] ReadBytes()
    {
        using var stream =
            typeof(EmbeddedCatalogue).Assembly.GetManifestResourceStream("Dossier.catalogue.json")
            ?? throw new InvalidOperationException("The assembly Dossier.Core has lost its resource Dossier.catalogue.json.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private sealed record Content(DateOnly Date, ModelIndex Index);
}
