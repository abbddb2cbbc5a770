namespace Dossier;

/// <summary>
/// The model that a llama.cpp server has loaded, with what <c>/props</c> says of it: the context that is really there, and what it
/// reads (https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md).
/// </summary>
internal static class LlamaCppModelList
{
    public static async Task<ModelList> ReadAsync(ModelListClient client, string provider, FactSource source)
    {
        var list = await OpenAIModelList.ReadAsync(client, provider, source).ConfigureAwait(false);
        using var props = await client.TryAskAsync("../props").ConfigureAwait(false);
        if (props is null || list.Models is not [var only])
            return list;
        var skipped = new List<UnreadableModel>(list.Skipped);
        var facts = new DetectedFacts(props.RootElement, only.Id, skipped);
        var modalities = facts.Below("modalities");
        var vision = modalities.Flag("vision");
        var known = only with
        {
            ContextTokens = facts.Below("default_generation_settings").Tokens("n_ctx") ?? only.ContextTokens,
            InputModalities =
                vision == Support.Unknown
                    ? only.InputModalities
                    : Modalities.Text
                        | (vision == Support.Yes ? Modalities.Image : Modalities.None)
                        | (modalities.Flag("audio") == Support.Yes ? Modalities.Audio : Modalities.None),
        };
        return new() { Models = [known], Skipped = skipped };
    }
}
