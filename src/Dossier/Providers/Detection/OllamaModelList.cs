using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dossier;

/// <summary>The models that an Ollama has, and what it knows of each: https://docs.ollama.com/api/tags and /api/show.</summary>
internal static class OllamaModelList
{
    private const string Tags = "api/tags";
    private const string Show = "api/show";

    public static async Task<ModelList> ReadAsync(ModelListClient client, string provider, FactSource source)
    {
        var models = new List<ModelDescriptor>();
        var skipped = new List<UnreadableModel>();
        using var tags = await client.AskAsync(Tags).ConfigureAwait(false);
        foreach (var json in client.ListIn(tags.RootElement, Tags, "models").EnumerateArray())
        {
            var nameless = new DetectedFacts(json, null, skipped);
            if ((nameless.Text("model") ?? nameless.Text("name")) is not { } id)
            {
                nameless.Skip("It has no name.");
                continue;
            }
            var facts = new DetectedFacts(json, id, skipped);
            models.Add(await ReadAsync(client, facts, provider, id, source, skipped).ConfigureAwait(false));
        }
        return new() { Models = models, Skipped = skipped };
    }

    private static async Task<ModelDescriptor> ReadAsync(
        ModelListClient client,
        DetectedFacts facts,
        string provider,
        string id,
        FactSource source,
        List<UnreadableModel> skipped
    )
    {
        var details = facts.Below("details");
        string?[] size = [details.Text("parameter_size"), details.Text("quantization_level")];
        var suffix = string.Join(' ', size.OfType<string>());
        const string latest = ":latest";
        var model = new ModelDescriptor
        {
            Provider = provider,
            Id = id,
            DisplayName = suffix.Length > 0 ? $"{id} ({suffix})" : id,
            Aliases = id.EndsWith(latest, StringComparison.Ordinal) ? [id[..^latest.Length]] : [],
            Source = source,
        };
        try
        {
            using var show = await client.AskAsync(Show, new JsonObject { ["model"] = id }.ToJsonString()).ConfigureAwait(false);
            return WithDetails(model, new(show.RootElement, id, skipped));
        }
        catch (Exception exception) when (exception is HttpRequestException or ModelDetectionException)
        {
            // One model that is being deleted or is broken does not take the others along.
            facts.Skip($"Only its name is known: {exception.Message}");
            return model;
        }
    }

    private static ModelDescriptor WithDetails(ModelDescriptor model, DetectedFacts facts)
    {
        var info = facts.Below("model_info");
        var architecture = info.Text("general.architecture");
        var capabilities = facts.Texts("capabilities");
        return model with
        {
            ContextTokens = ContextSet(facts.Text("parameters")) ?? info.Tokens($"{architecture}.context_length"),
            Tools = Known(capabilities, "tools"),
            Reasoning = Known(capabilities, "thinking"),
            Embeddings = Known(capabilities, "embedding"),
            InputModalities = capabilities is null
                ? null
                : Modalities.Text | (capabilities.Contains("vision") ? Modalities.Image : Modalities.None),
            EmbeddingDimensions =
                Known(capabilities, "embedding") == Support.Yes ? (int?)info.Tokens($"{architecture}.embedding_length") : null,
        };
    }

    /// <summary>The context that the model file sets, which is what is served: a line <c>num_ctx 8192</c>.</summary>
    private static long? ContextSet(string? parameters)
    {
        foreach (var line in (parameters ?? "").Split('\n'))
        {
            if (
                line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is ["num_ctx", var value]
                && long.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var tokens)
                && tokens > 0
            )
                return tokens;
        }
        return null;
    }

    private static Support Known(IReadOnlyList<string>? capabilities, string name) =>
        capabilities is null ? Support.Unknown
        : capabilities.Contains(name) ? Support.Yes
        : Support.No;
}
