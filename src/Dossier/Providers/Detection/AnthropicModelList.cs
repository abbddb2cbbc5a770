namespace Dossier;

/// <summary>Anthropic's models: https://platform.claude.com/docs/en/api/models/list.</summary>
internal static class AnthropicModelList
{
    private const string Path = "v1/models";

    public static async Task<ModelList> ReadAsync(ModelListClient client, string provider, FactSource source)
    {
        var models = new List<ModelDescriptor>();
        var skipped = new List<UnreadableModel>();
        for (string? next = Path + "?limit=1000"; next is not null; )
        {
            using var page = await client.AskAsync(next).ConfigureAwait(false);
            foreach (var json in client.ListIn(page.RootElement, Path, "data").EnumerateArray())
            {
                var facts = new DetectedFacts(json, null, skipped);
                if (facts.Text("id") is { } id)
                    models.Add(Read(new(json, id, skipped), provider, id, source));
                else
                    facts.Skip("It has no id.");
            }
            var list = new DetectedFacts(page.RootElement, null, skipped);
            next =
                list.Flag("has_more") is Support.Yes && list.Text("last_id") is { } last
                    ? $"{Path}?limit=1000&after_id={Uri.EscapeDataString(last)}"
                    : null;
        }
        return new() { Models = models, Skipped = skipped };
    }

    private static ModelDescriptor Read(DetectedFacts facts, string provider, string id, FactSource source)
    {
        var capabilities = facts.Below("capabilities");
        var image = capabilities.Flag("image_input");
        return new()
        {
            Provider = provider,
            Id = id,
            DisplayName = facts.Text("display_name") ?? id,
            ContextTokens = facts.Tokens("max_input_tokens"),
            MaxOutputTokens = facts.Tokens("max_tokens"),
            InputModalities =
                image == Support.Unknown
                    ? null
                    : Modalities.Text
                        | (image == Support.Yes ? Modalities.Image : Modalities.None)
                        | (capabilities.Flag("pdf_input") == Support.Yes ? Modalities.Pdf : Modalities.None),
            StructuredOutput = capabilities.Flag("structured_outputs"),
            Reasoning = capabilities.Flag("thinking"),
            ReleasedOn = facts.Date("created_at"),
            Source = source,
        };
    }
}
