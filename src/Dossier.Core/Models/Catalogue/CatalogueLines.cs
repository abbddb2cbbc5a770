using System.Text.Json;

namespace Dossier;

/// <summary>
/// Reads the names of a catalogue file that has a line for each model, in which provider, id and aliases stand before all facts but
/// the display name, and the list of models at its end. What else is known of a model is read from its line when somebody asks for it.
/// </summary>
internal static class CatalogueLines
{
    /// <summary>The date and the models of the file, in its order.</summary>
    /// <exception cref="FormatException">It is no such file, or of another schema; of a single model, when it is asked for.</exception>
    public static (DateOnly Date, ModelEntry[] Models) Read(ReadOnlyMemory<byte> json)
    {
        var sources = new Dictionary<string, FactSource>();
        var (date, start) = CatalogueReader.ReadHead(json.Span, sources);
        var models = new List<ModelEntry>(256);
        for (var rest = json[start..]; rest.Length > 0; )
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = rest[(end < 0 ? rest.Length : end + 1)..];
            var first = line.Span.IndexOf((byte)'{');
            if (first >= 0)
                models.Add(ReadNames(line[first..(line.Span.LastIndexOf((byte)'}') + 1)], sources));
        }
        return (date, [.. models]);
    }

    private static ModelEntry ReadNames(ReadOnlyMemory<byte> line, Dictionary<string, FactSource> sources)
    {
        var provider = "";
        var id = "";
        var aliases = new List<string>();
        var json = new Utf8JsonReader(line.Span);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueSpan.SequenceEqual("provider"u8))
                provider = Text(ref json);
            else if (json.ValueSpan.SequenceEqual("id"u8))
                id = Text(ref json);
            else if (json.ValueSpan.SequenceEqual("display_name"u8))
                json.Read();
            else
            {
                if (json.ValueSpan.SequenceEqual("aliases"u8))
                {
                    json.Read();
                    while (json.Read() && json.TokenType == JsonTokenType.String)
                        aliases.Add(json.GetString()!);
                }
                break;
            }
        }
        return new(provider, id, aliases, () => CatalogueReader.ReadModel(line.Span, sources));
    }

    private static string Text(ref Utf8JsonReader json)
    {
        json.Read();
        return json.GetString()!;
    }
}
