namespace Dossier;

/// <summary>Google's own list, which says more than the compatible one: https://ai.google.dev/api/models.</summary>
internal static class GeminiModelList
{
    private const string Path = "models";
    private const string Prefix = "models/";

    public static async Task<ModelList> ReadAsync(ModelListClient client, string provider, FactSource source)
    {
        var models = new List<ModelDescriptor>();
        var skipped = new List<UnreadableModel>();
        for (string? next = Path + "?pageSize=1000"; next is not null; )
        {
            using var page = await client.AskAsync(next).ConfigureAwait(false);
            foreach (var json in client.ListIn(page.RootElement, Path, "models").EnumerateArray())
            {
                var facts = new DetectedFacts(json, null, skipped);
                if (facts.Text("name") is { } name)
                    models.Add(Read(new(json, name, skipped), provider, name, source));
                else
                    facts.Skip("It has no name.");
            }
            next = new DetectedFacts(page.RootElement, null, skipped).Text("nextPageToken") is { } token
                ? $"{Path}?pageSize=1000&pageToken={Uri.EscapeDataString(token)}"
                : null;
        }
        return new() { Models = models, Skipped = skipped };
    }

    private static ModelDescriptor Read(DetectedFacts facts, string provider, string name, FactSource source)
    {
        var id = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        var methods = facts.Texts("supportedGenerationMethods");
        return new()
        {
            Provider = provider,
            Id = id,
            DisplayName = facts.Text("displayName") ?? id,
            ContextTokens = facts.Tokens("inputTokenLimit"),
            MaxInputTokens = facts.Tokens("inputTokenLimit"),
            MaxOutputTokens = facts.Tokens("outputTokenLimit"),
            Reasoning = facts.Flag("thinking"),
            Embeddings =
                methods is null ? Support.Unknown
                : methods.Contains("embedContent") ? Support.Yes
                : Support.No,
            Source = source,
        };
    }
}
