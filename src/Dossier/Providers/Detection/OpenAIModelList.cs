using System.Text.Json;

namespace Dossier;

/// <summary>
/// The model lists of OpenAI's protocol: ids, and the members that servers add. OpenRouter
/// (https://openrouter.ai/docs/api-reference/models/get-models), vLLM (<c>max_model_len</c>), Groq (<c>context_window</c>), Mistral
/// (<c>max_context_length</c>, <c>capabilities</c>), Together (<c>context_length</c>, prices per million), llama.cpp (<c>meta</c>), LM
/// Studio's <c>/api/v0/models</c> (https://lmstudio.ai/docs/developer/rest/endpoints).
/// </summary>
internal static class OpenAIModelList
{
    private const decimal Million = 1_000_000;
    private const string Path = "models";

    public static async Task<ModelList> ReadAsync(ModelListClient client, string provider, FactSource source, string path = Path)
    {
        var models = new List<ModelDescriptor>();
        var skipped = new List<UnreadableModel>();
        for (string? next = path; next is not null; )
        {
            using var page = await client.AskAsync(next).ConfigureAwait(false);
            foreach (var json in client.ListIn(page.RootElement, path, "data", "models").EnumerateArray())
            {
                var id = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("id", out var name) ? name : default;
                if (id.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(id.GetString()))
                    models.Add(Read(new(json, id.GetString(), skipped), provider, id.GetString()!.Trim(), source));
                else
                    skipped.Add(new(null, "It has no id."));
            }
            next = NextOf(page.RootElement, path);
        }
        return new() { Models = models, Skipped = skipped };
    }

    /// <summary>OpenRouter pages with <c>links.next</c>; only its query is taken, so that the key stays with the endpoint.</summary>
    private static string? NextOf(JsonElement page, string path)
    {
        if (
            page.ValueKind != JsonValueKind.Object
            || !page.TryGetProperty("links", out var links)
            || links.ValueKind != JsonValueKind.Object
            || !links.TryGetProperty("next", out var next)
            || next.ValueKind != JsonValueKind.String
        )
            return null;
        var query = next.GetString()!.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? null : path + next.GetString()![query..];
    }

    private static ModelDescriptor Read(DetectedFacts facts, string provider, string id, FactSource source)
    {
        var parameters = facts.Texts("supported_parameters");
        var (input, output) = ModalitiesOf(facts);
        var capabilities = facts["capabilities"].ValueKind == JsonValueKind.Object ? facts.Below("capabilities") : null;
        var listed = facts["capabilities"].ValueKind == JsonValueKind.Array ? facts.Texts("capabilities") : null;
        var type = facts.Text("type");
        // OpenRouter's name; OpenAI's, https://developers.openai.com/api/docs/deprecations. Null until an end is announced.
        var end = facts.Date("expiration_date") ?? facts.Date("shutdown_date");
        if (capabilities?.Flag("vision") is Support.Yes || type is "vlm")
            input = Modalities.Text | Modalities.Image;
        return new()
        {
            Provider = provider,
            Id = id,
            DisplayName = NameOf(facts) ?? id,
            Aliases = [.. (facts.Texts("aliases") ?? []).Where(alias => alias != id)],
            ContextTokens =
                facts.Tokens("loaded_context_length", "max_model_len", "context_length", "context_window", "max_context_length")
                ?? facts.Below("meta").Tokens("n_ctx", "n_ctx_train"),
            MaxOutputTokens = facts.Tokens("max_completion_tokens") ?? facts.Below("top_provider").Tokens("max_completion_tokens"),
            InputModalities = input,
            OutputModalities = output,
            Tools = Known(parameters, "tools") ?? capabilities?.Flag("function_calling") ?? Yes(listed, "tool_use"),
            StructuredOutput = Known(parameters, "structured_outputs") ?? Support.Unknown,
            JsonMode = Known(parameters, "response_format") ?? Support.Unknown,
            Reasoning = Known(parameters, "reasoning") ?? Support.Unknown,
            Temperature = Known(parameters, "temperature") ?? Support.Unknown,
            TopP = Known(parameters, "top_p") ?? Support.Unknown,
            Penalties = Known(parameters, "frequency_penalty") ?? Support.Unknown,
            StopSequences = Known(parameters, "stop") ?? Support.Unknown,
            Embeddings = type is "embeddings" or "embedding" ? Support.Yes : Support.Unknown,
            Price = PriceOf(facts.Below("pricing"), source),
            KnowledgeCutoff = facts.Date("knowledge_cutoff"),
            LifeCycle = end is null ? LifeCycle.Unknown : LifeCycle.Deprecated,
            EndOfLifeOn = end,
            Source = source,
        };
    }

    private static string? NameOf(DetectedFacts facts)
    {
        var name = facts.Text("display_name") ?? facts.Text("name");
        return facts.Text("quantization") is { } quantization ? $"{name ?? facts.Text("id")} ({quantization})" : name;
    }

    private static (Modalities?, Modalities?) ModalitiesOf(DetectedFacts facts)
    {
        var architecture = facts.Below("architecture");
        return (Of(architecture.Texts("input_modalities")), Of(architecture.Texts("output_modalities")));

        static Modalities? Of(IReadOnlyList<string>? names) =>
            names?.Aggregate(
                Modalities.None,
                (all, name) =>
                    all
                    | name switch
                    {
                        "text" => Modalities.Text,
                        "image" => Modalities.Image,
                        "audio" => Modalities.Audio,
                        "video" => Modalities.Video,
                        "file" or "pdf" => Modalities.Pdf,
                        _ => Modalities.None,
                    }
            );
    }

    /// <summary>OpenRouter's prices are texts per token, Together's are numbers per million.</summary>
    private static ModelPrice? PriceOf(DetectedFacts pricing, FactSource source)
    {
        if (pricing["prompt"].ValueKind != JsonValueKind.Undefined)
        {
            var price = new ModelPrice
            {
                Source = source,
                Input = pricing.Price("prompt", Million),
                Output = pricing.Price("completion", Million),
                CachedInput = pricing.Price("input_cache_read", Million),
                CacheWrite = pricing.Price("input_cache_write", Million),
                CacheWrite1h = pricing.Price("input_cache_write_1h", Million),
                AudioInput = Positive(pricing.Price("audio", Million)),
                CachedAudioInput = Positive(pricing.Price("input_audio_cache", Million)),
                AudioOutput = Positive(pricing.Price("audio_output", Million)),
                Reasoning = Positive(pricing.Price("internal_reasoning", Million)),
            };
            return price is { Input: null } or { Output: null } ? null : price;
        }
        return pricing["input"].ValueKind == JsonValueKind.Undefined
            ? null
            : new ModelPrice
            {
                Source = source,
                Input = pricing.Price("input", 1),
                Output = pricing.Price("output", 1),
            };
    }

    /// <summary>0 says that a class has no price of its own.</summary>
    private static decimal? Positive(decimal? price) => price is > 0 ? price : null;

    /// <summary>A list of what is supported says no to what it leaves out.</summary>
    private static Support? Known(IReadOnlyList<string>? names, string name) =>
        names is null ? null
        : names.Contains(name) ? Support.Yes
        : Support.No;

    private static Support Yes(IReadOnlyList<string>? names, string name) => names?.Contains(name) == true ? Support.Yes : Support.Unknown;
}
