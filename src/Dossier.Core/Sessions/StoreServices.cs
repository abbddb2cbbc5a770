using System.Collections.Concurrent;
using Dossier.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier;

/// <summary>What the sessions of one store share.</summary>
internal sealed class StoreServices
{
    private readonly Dictionary<(ResponseOperation, ModelReference), IChatClient> _clients;
    private readonly IModelProvider[] _implementations;
    private readonly IReadOnlyCollection<string> _secrets;

    // What was warned of: a model, without options, and options that a model is not sent.
    private ConcurrentDictionary<(ModelReference Model, string Options), bool> _warnings = new();

    public StoreServices(
        IStorage storage,
        SessionOptions options,
        ModelRegistry models,
        IReadOnlyCollection<string> secrets,
        PipelineParts parts
    )
    {
        _clients = [];
        Parts = parts;
        Storage = storage;
        _secrets = secrets;
        Options = options;
        Models = models;
        Time = options.TimeProvider ?? TimeProvider.System;
        LoggerFactory = options.LoggerFactory ?? NullLoggerFactory.Instance;
        Logger = LoggerFactory.CreateLogger("Dossier");
        Resilience = new(options.Resilience);
        Masker = new([.. SecretsOf(options), .. secrets], options.Redactors);
        _implementations = [.. options.Providers.Values.Select(p => p.Implementation).OfType<IModelProvider>().Distinct()];
    }

    private StoreServices(StoreServices whole, string owner)
    {
        (_clients, _implementations, _secrets) = (whole._clients, whole._implementations, whole._secrets);
        (Options, Models, Time) = (whole.Options.Copy(), whole.Models, whole.Time);
        (LoggerFactory, Logger, Masker) = (whole.LoggerFactory, whole.Logger, whole.Masker);
        (Resilience, Histories, Parts, _warnings) = (whole.Resilience, whole.Histories, whole.Parts, whole._warnings);
        Options.Owner = owner;
        Storage = new OwnerStorage(whole.Storage, owner);
    }

    public IStorage Storage { get; }

    public SessionOptions Options { get; }

    public ModelRegistry Models { get; }

    public TimeProvider Time { get; }

    public ILoggerFactory LoggerFactory { get; }

    public ILogger Logger { get; }

    public SecretMasker Masker { get; }

    /// <summary>What is kept of texts that are sent and come back.</summary>
    public Capture Capture => Options.Capture ?? Capture.Full;

    /// <summary>Where a user sets what is missing.</summary>
    public ConfigurationRemedy Remedy => new(Options.AreOfConfiguration);

    public ResilienceSettings Resilience { get; }

    /// <summary>What is kept in memory of conversations.</summary>
    public HistoryCache Histories { get; private init; } = new();

    /// <summary>What a call's pipeline has beside what Core brings.</summary>
    public PipelineParts Parts { get; }

    /// <summary>The same, for a session that brings a key of its own, or keeps more or less than others.</summary>
    public StoreServices With(SessionOptions options) =>
        new(Storage, options, Models, [.. _secrets, .. SecretsOf(Options).OfType<string>()], Parts)
        {
            Histories = Histories,
            _warnings = _warnings,
        };

    /// <summary>A model's name as it may be seen: somebody may have put a key in its place.</summary>
    public string NameOf(ModelReference model) => Masker.ApplyOrNote(model.ToString());

    /// <summary>Says in the log what speaks against a model, once for each.</summary>
    public void WarnOf(ModelReference model)
    {
        var known = Models.Get(model.Provider, model.Model);
        var warning = known is null ? null : ModelValidator.WarningOf(known);
        if ((known is not null && warning is null) || !_warnings.TryAdd((model, string.Empty), true))
            return;
        if (warning is null)
            Log.ModelUnknown(Logger, NameOf(model));
        else
            Log.ModelRetiring(Logger, warning);
    }

    /// <summary>Says in the log which options of a call are not sent to a model, once for the same ones, however many sessions call it.</summary>
    public void WarnOfUnsent(ModelReference model, string options)
    {
        if (_warnings.TryAdd((model, options), true))
            Log.OptionsUnsent(Logger, NameOf(model), options);
    }

    /// <summary>The same over what one owner has in the storage, with the same clients.</summary>
    public StoreServices ForOwner(string owner) => new(this, owner);

    /// <summary>Where the texts of a call are put on their way into the storage; of those that are not kept, it has the digests.</summary>
    public CommitContents NewTexts() => new(Storage, Capture);

    /// <summary>The client of a model, opened when it is first asked for and shared by all sessions.</summary>
    public IChatClient GetVendorClient(ModelReference reference) => GetVendorClient(ResponseOperation.Chat, reference);

    /// <summary>The same for embeddings.</summary>
    public IChatClient GetVendorEmbeddings(ModelReference reference) => GetVendorClient(ResponseOperation.Embedding, reference);

    /// <summary>What a failure means, whichever vendor's client threw it.</summary>
    public ProviderFailure Classify(Exception exception)
    {
        if (ProviderFailure.Of(exception) is { } known)
            return known;
        foreach (var provider in _implementations)
        {
            if (provider.Classify(exception) is { } failure)
                return failure;
        }
        return HttpFailures.Classify(exception) ?? new(ProviderErrorKind.Unknown);
    }

    /// <summary>How a provider is reached.</summary>
    public ProviderConnection ConnectionOf(string provider, ProviderOptions options) => new(provider, options, LoggerFactory, Time);

    public void DisposeClients()
    {
        lock (_clients)
        {
            foreach (var client in _clients.Values)
                client.Dispose();
            _clients.Clear();
        }
    }

    private IChatClient GetVendorClient(ResponseOperation operation, ModelReference reference)
    {
        lock (_clients)
        {
            // A failure is not kept: the missing key may be there the next time.
            if (!_clients.TryGetValue((operation, reference), out var client))
                _clients.Add((operation, reference), client = OpenVendorClient(operation, reference));
            return client;
        }
    }

    private ProviderErrorChatClient OpenVendorClient(ResponseOperation operation, ModelReference reference)
    {
        if (!Options.Providers.TryGetValue(reference.Provider, out var options))
            throw new ModelResolutionException(
                reference.ToString(),
                [],
                $"'{reference}' is called in the session that is replayed, and provider '{reference.Provider}' is not configured here, so that a request without a recorded answer cannot go out. {Remedy.Or($"Configure it under Dossier:Providers:{reference.Provider}.")}"
            );
        var provider =
            options.Implementation
            ?? throw Misconfigured(
                reference,
                $"Provider '{reference.Provider}' has no implementation; set ProviderOptions.Implementation, or open the session with Session.OpenAsync, or the store with AddDossier, of the Dossier package, which bring the usual ones."
            );
        var connection = ConnectionOf(reference.Provider, options);
        var client =
            operation is ResponseOperation.Embedding
                ? new EmbeddingChatClient(
                    Parts.AddEmbeddingTelemetry(
                        provider.CreateEmbeddingGenerator(reference.Model, connection)
                            ?? throw Misconfigured(
                                reference,
                                $"Provider '{reference.Provider}' has no embeddings, so '{reference}' cannot make any. Use a model of another provider."
                            ),
                        this
                    )
                )
                : provider.CreateChatClient(reference.Model, connection);
        return new(client, provider, reference, Masker, Remedy, options.KeyVariable, quotesVendor: Capture is Capture.Full);
    }

    private static ProviderException Misconfigured(ModelReference reference, string message) =>
        new(reference.Provider, reference.Model, new(ProviderErrorKind.Misconfigured), message);

    private static IEnumerable<string?> SecretsOf(SessionOptions options)
    {
        yield return options.ApiKey;
        foreach (var provider in options.Providers.Values)
        {
            yield return provider.ApiKey;
            Uri?[] uris = [provider.Endpoint, provider.Proxy];
            foreach (var secret in uris.OfType<Uri>().Where(uri => uri.IsAbsoluteUri).SelectMany(KnownSecrets.InUri))
                yield return secret;
            foreach (var secret in provider.Headers.SelectMany(header => KnownSecrets.InHeader(header.Key, header.Value)))
                yield return secret;
        }
    }
}
