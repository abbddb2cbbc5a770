using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The GenAI conventions for embeddings, without content. What they see has no keys and tokens in it; the generator and the caller get what was
/// asked and what was answered.
/// </summary>
internal sealed class TracedEmbeddingGenerator : DelegatingEmbeddingGenerator<string, Embedding<float>>
{
    private readonly OpenTelemetryEmbeddingGenerator<string, Embedding<float>> _telemetry;
    private readonly StoreServices _services;

    /// <param name="innerGenerator">The vendor's generator.</param>
    /// <param name="services">What is masked.</param>
    public TracedEmbeddingGenerator(IEmbeddingGenerator<string, Embedding<float>> innerGenerator, StoreServices services)
        : base(innerGenerator)
    {
        _services = services;
        _telemetry = new(new Behind(innerGenerator, services.Masker)) { EnableSensitiveData = false };
    }

    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values,
        EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var exchange = new Exchange(options, _services);
        try
        {
            await _telemetry.GenerateAsync(values, exchange, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (exchange.Failure.IsHidden)
        {
            exchange.Failure.Throw();
        }
        return exchange.Embeddings!;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _telemetry.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>One call on both sides of the telemetry, which passes its options on as they are.</summary>
    private sealed class Exchange : EmbeddingGenerationOptions
    {
        public Exchange(EmbeddingGenerationOptions? options, StoreServices services)
            : base(options)
        {
            (Options, Failure) = (options, new(services));
            ModelId = services.Masker.ApplyOrNote(ModelId);
            AdditionalProperties = null;
        }

        public EmbeddingGenerationOptions? Options { get; }

        public TracedFailure Failure { get; }

        public GeneratedEmbeddings<Embedding<float>>? Embeddings { get; set; }
    }

    /// <summary>Behind the telemetry: calls the vendor's generator with what it is to get, and shows the telemetry what it may see.</summary>
    private sealed class Behind(IEmbeddingGenerator<string, Embedding<float>> innerGenerator, SecretMasker masker)
        : DelegatingEmbeddingGenerator<string, Embedding<float>>(innerGenerator)
    {
        public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values,
            EmbeddingGenerationOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            var exchange = (Exchange)options!;
            GeneratedEmbeddings<Embedding<float>> embeddings;
            try
            {
                embeddings = await base.GenerateAsync(values, exchange.Options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (exchange.Failure.Hides(e))
            {
                throw exchange.Failure.StandIn;
            }
            exchange.Embeddings = embeddings;
            return new(
                embeddings.Take(1).Select(first => new Embedding<float>(first.Vector) { ModelId = masker.ApplyOrNote(first.ModelId) })
            )
            {
                Usage = embeddings.Usage,
            };
        }

        public override object? GetService(Type serviceType, object? serviceKey = null)
        {
            var service = base.GetService(serviceType, serviceKey);
            return service is EmbeddingGeneratorMetadata given
                ? new EmbeddingGeneratorMetadata(
                    masker.ApplyOrNote(given.ProviderName),
                    given.ProviderUri,
                    masker.ApplyOrNote(given.DefaultModelId),
                    given.DefaultModelDimensions
                )
                : service;
        }

        // The one in front of the telemetry owns the vendor's generator.
        protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
    }
}
