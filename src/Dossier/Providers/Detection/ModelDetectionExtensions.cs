using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>Asks providers which models they serve.</summary>
public static class ModelDetectionExtensions
{
    /// <summary>
    /// Asks a provider, or every configured one, for its models. What it states is known from then on to <see cref="SessionStore.Models"/>,
    /// above the catalogue and below what configuration and code say, and is kept in <see cref="SessionOptions.ModelsPath"/> for the
    /// processes to come. Its source is <c>detected</c> and the day; from seven days on it also says how old it is.
    /// </summary>
    /// <param name="store">The store whose providers are asked.</param>
    /// <param name="provider">The provider; null for all that are configured and can be asked.</param>
    /// <param name="cancellationToken">Stops the question.</param>
    /// <returns>
    /// One entry for each provider that was asked, in order of their names. Of several, one that fails has its failure in
    /// <see cref="ModelDetection.Error"/>, and the others are kept.
    /// </returns>
    /// <exception cref="ArgumentException">There is no provider of that name.</exception>
    /// <exception cref="ProviderException">The named provider cannot be reached, or refuses.</exception>
    /// <exception cref="ModelDetectionException">The named provider cannot be asked, or its answer is no list of models, too long, or broke off.</exception>
    /// <exception cref="OptionsValidationException">The named provider lacks a key or an endpoint.</exception>
    public static async Task<IReadOnlyList<ModelDetection>> DetectModelsAsync(
        this SessionStore store,
        string? provider = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(store);
        var services = store.Services;
        if (provider is not null)
        {
            var name =
                ProviderAlias.Find(provider, services.Options.Providers.Keys)
                ?? throw new ArgumentException(
                    $"There is no provider '{provider}'. Known are {string.Join(", ", services.Options.Providers.Keys)}.",
                    nameof(provider)
                );
            var found = await DetectAsync(services, name, cancellationToken).ConfigureAwait(false);
            return [found ?? throw CannotBeAsked(name, services)];
        }
        var all = new List<ModelDetection>();
        foreach (var name in services.Options.Providers.Where(entry => entry.Value.IsConfigured).Select(entry => entry.Key).Order())
        {
            try
            {
                if (await DetectAsync(services, name, cancellationToken).ConfigureAwait(false) is { } found)
                    all.Add(found);
            }
            catch (Exception exception) when (exception is DossierException or OptionsValidationException)
            {
                all.Add(
                    new()
                    {
                        Provider = name,
                        Date = Detected.Today(services.Time),
                        Error = exception,
                    }
                );
            }
        }
        return all;
    }

    private static ModelDetectionException CannotBeAsked(string name, StoreServices services)
    {
        var why = services.Options.Providers[name] switch
        {
            { Implementation: null } => "has no implementation",
            { Credential.Length: > 0 } => "lists what could be deployed there, not what is",
            _ => "has no list of its models",
        };
        return new(
            name,
            $"Provider '{name}' cannot be asked for its models: it {why}. State what you know of them {services.Remedy.ModelFacts($"{name}/MODEL")}."
        );
    }

    /// <summary>Makes known what earlier processes detected. Nothing is read before the first question for a model.</summary>
    internal static void UseDetected(this ModelRegistry models, SessionOptions options)
    {
        if (options.ModelsPath is not { } path)
            return;
        var time = options.TimeProvider ?? TimeProvider.System;
        foreach (var (name, provider) in options.Providers)
        {
            if (!provider.IsConfigured)
                continue;
            var file = new DetectedFile(path, name, provider.Endpoint);
            models.SetDetected(file.Name, () => file.Load(time));
        }
    }

    private static async Task<ModelDetection?> DetectAsync(StoreServices services, string name, CancellationToken cancellationToken)
    {
        var options = services.Options.Providers[name];
        if (await AskAsync(services, name, options, cancellationToken).ConfigureAwait(false) is not { } list)
            return null;
        var date = Detected.Today(services.Time);
        var path = services.Options.ModelsPath;
        var file = new DetectedFile(path ?? "", name, options.Endpoint);
        services.Models.SetDetected(file.Name, () => list.Models);
        return new()
        {
            Provider = name,
            Date = date,
            Models = list.Models,
            Skipped = [.. list.Skipped.Select(skipped => skipped with { Reason = services.Masker.ApplyToError(skipped.Reason) })],
            Error = path is null ? null : await SaveAsync(file, list.Models, date, cancellationToken).ConfigureAwait(false),
        };
    }

    private static async Task<Exception?> SaveAsync(
        DetectedFile file,
        IReadOnlyList<ModelDescriptor> models,
        DateOnly date,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await file.SaveAsync(models, date, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception;
        }
    }

    private static async Task<ModelList?> AskAsync(
        StoreServices services,
        string name,
        ProviderOptions options,
        CancellationToken cancellationToken
    )
    {
        if (options.Implementation is not { } provider)
            return null;
        try
        {
            return await provider.ListModelsAsync(services.ConnectionOf(name, options), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is not (DossierException or OptionsValidationException or ArgumentException)
                && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
            )
        {
            throw ProviderErrorText.Exception(
                exception,
                provider,
                new(name, "models"),
                services.Masker,
                services.Remedy,
                options.KeyVariable,
                quotesVendor: true
            );
        }
    }
}
