using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Asks a model with those options of a call that it takes. What is left out is in the record of the attempt, and warned of once. Where the
/// provider bounds the output of every call, the bound is set here, so that the budget and the record know of it.
/// </summary>
/// <param name="innerClient">The model's client, with its retries.</param>
/// <param name="model">The model.</param>
/// <param name="services">What the store's sessions share.</param>
internal sealed class ModelOptionsChatClient(IChatClient innerClient, ModelReference model, StoreServices services)
    : DelegatingChatClient(innerClient)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => base.GetResponseAsync(messages, Adapt((CallOptions)options!), cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => base.GetStreamingResponseAsync(messages, Adapt((CallOptions)options!), cancellationToken);

    private CallOptions Adapt(CallOptions options)
    {
        var (cap, unsent) = ModelOptions.Of(services, model, options);
        if (cap is null && unsent.Count == 0)
            return options;
        var adapted = (CallOptions)options.Clone();
        adapted.UnsentOptions = unsent;
        foreach (var option in unsent)
            ModelOptions.Clear(adapted, option);
        if (cap is not null)
            adapted.MaxOutputTokens = adapted.OutputCap = cap;
        if (unsent.Count > 0)
            services.WarnOfUnsent(model, string.Join(", ", unsent));
        return adapted;
    }
}

/// <summary>What of a call's options a model takes.</summary>
internal static class ModelOptions
{
    // Tools, images and schemas are not among them: without those the answer would be one to another question, and the vendor's refusal is the better one.
    private static readonly Option[] s_options =
    [
        new(nameof(ChatOptions.Temperature), o => o.Temperature is not null, o => o.Temperature = null, m => m.Temperature),
        new(nameof(ChatOptions.TopP), o => o.TopP is not null, o => o.TopP = null, m => m.TopP),
        new(nameof(ChatOptions.TopK), o => o.TopK is not null, o => o.TopK = null),
        new(nameof(ChatOptions.FrequencyPenalty), o => o.FrequencyPenalty is not null, o => o.FrequencyPenalty = null, m => m.Penalties),
        new(nameof(ChatOptions.PresencePenalty), o => o.PresencePenalty is not null, o => o.PresencePenalty = null, m => m.Penalties),
        new(nameof(ChatOptions.Seed), o => o.Seed is not null, o => o.Seed = null),
        new(nameof(ChatOptions.StopSequences), o => o.StopSequences is { Count: > 0 }, o => o.StopSequences = null, m => m.StopSequences),
        new(nameof(ChatOptions.Reasoning), o => AsksForReasoning(o), o => o.Reasoning = null, m => m.Reasoning),
    ];

    /// <summary>The bound on the output where the call sets none and the provider has one, and the options that are not sent.</summary>
    public static (int? OutputCap, IReadOnlyList<string> Unsent) Of(StoreServices services, ModelReference model, ChatOptions options)
    {
        var named = options.ModelId ?? model.Model;
        var descriptor = services.Models.Get(model.Provider, named);
        IReadOnlyList<string> byClient = [];
        int? cap = null;
        if (services.Options.Providers.TryGetValue(model.Provider, out var configured) && configured.Implementation is { } provider)
        {
            var connection = services.ConnectionOf(model.Provider, configured);
            byClient = provider.GetUnsentOptions(named, connection, options);
            if (options.MaxOutputTokens is null)
                cap = provider.GetDefaultMaxOutputTokens(named, connection, options);
        }
        string[] byModel = descriptor is null
            ? []
            : [.. s_options.Where(option => option.IsRefused(options, descriptor)).Select(o => o.Name)];
        return (
            cap is { } most ? (int)Math.Min(most, descriptor?.MaxOutputTokens ?? most) : null,
            byModel.Length == 0 ? byClient : [.. byModel.Union(byClient, StringComparer.Ordinal)]
        );
    }

    /// <summary>Leaves an option out, where a client would send it.</summary>
    public static void Clear(ChatOptions options, string name)
    {
        foreach (var option in s_options)
        {
            if (string.Equals(option.Name, name, StringComparison.Ordinal))
                option.Clear(options);
        }
    }

    private static bool AsksForReasoning(ChatOptions options) => options.Reasoning is { Effort: not (null or ReasoningEffort.None) };

    private sealed record Option(
        string Name,
        Func<ChatOptions, bool> IsSet,
        Action<ChatOptions> Clear,
        Func<ModelDescriptor, Support>? SupportedBy = null
    )
    {
        public bool IsRefused(ChatOptions options, ModelDescriptor model) => SupportedBy?.Invoke(model) is Support.No && IsSet(options);
    }
}
