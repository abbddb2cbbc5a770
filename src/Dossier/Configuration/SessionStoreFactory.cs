using Dossier.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier;

/// <summary>Makes a store of its configuration: the storage, and the code behind each provider.</summary>
internal static class SessionStoreFactory
{
    public static SessionStore Create(ResolvedConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var options = configuration.Options;
        AddImplementations(options);
        var models = options.Models ?? new();
        if (configuration.Models.Count > 0)
            models.Configure(configuration.Models);
        if (options.ModelsPath is { } modelsPath)
            models.UseSnapshots(new ModelSnapshots(modelsPath, LoggerOf(options)).Load);
        models.UseDetected(options);
        return options.Storage is { } storage
            ? new(storage, options, models, ownsStorage: false, configuration.Secrets, CallPipeline.Parts)
            : new(LocalStorageOf(options), options, models, ownsStorage: true, configuration.Secrets, CallPipeline.Parts);
    }

    private static ILogger LoggerOf(SessionOptions options) =>
        (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Dossier");

    private static LocalStorage LocalStorageOf(SessionOptions options) =>
        new(
            options.StoragePath!,
            new()
            {
                Durability = options.Durability ?? Durability.Full,
                LoggerFactory = options.LoggerFactory,
                TimeProvider = options.TimeProvider,
            }
        );

    private static void AddImplementations(SessionOptions options)
    {
        var kinds = new Dictionary<string, IModelProvider>(StringComparer.OrdinalIgnoreCase)
        {
            [ProviderPresets.OpenAIKind] = new OpenAIProvider(options.TimeProvider),
            [ProviderPresets.Anthropic] = new AnthropicProvider(options.TimeProvider),
            [ProviderPresets.Ollama] = new OllamaProvider(options.TimeProvider),
            [ProviderPresets.LocalKind] = new LocalProvider(),
        };
        foreach (var provider in options.Providers.Values)
            provider.Implementation ??= kinds[provider.Kind!];
    }
}
