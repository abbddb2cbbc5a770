using System.Diagnostics;
using Dossier.Storage;
using Microsoft.Extensions.AI;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Dossier.Tests.Telemetry;

/// <summary>A session over the memory storage with the whole pipeline, of which spans and metrics are heard. For tests that run <see cref="Alone"/>.</summary>
internal sealed class ListenedSession : IAsyncDisposable
{
    private const string Conventions = "Experimental.Microsoft.Extensions.AI";

    private readonly TracerProvider _tracing;
    private readonly MeterProvider _measuring;
    private readonly List<MetricSnapshot> _metrics = [];
    private readonly SessionStore _store;

    private ListenedSession(SessionStore store)
    {
        _store = store;
        _tracing = Sdk.CreateTracerProviderBuilder().AddSource("Dossier", Conventions).AddInMemoryExporter(Spans).Build();
        _measuring = Sdk.CreateMeterProviderBuilder().AddMeter("Dossier", Conventions).AddInMemoryExporter(_metrics).Build();
    }

    public List<Activity> Spans { get; } = [];

    /// <summary>The only span of the GenAI conventions.</summary>
    public Activity Convention => Spans.Should().ContainSingle(span => span.Source.Name == Conventions).Subject;

    public required Session Session { get; init; }

    /// <summary>What is seen from outside: the spans' names, descriptions and tags, and the metrics' tags.</summary>
    public IReadOnlyList<string> Texts
    {
        get
        {
            _measuring.ForceFlush();
            var texts = new List<string>();
            foreach (var span in Spans)
                texts.AddRange([
                    span.DisplayName,
                    span.StatusDescription ?? "",
                    .. span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"),
                ]);
            foreach (var metric in _metrics)
            foreach (var point in metric.MetricPoints)
            foreach (var tag in point.Tags)
                texts.Add($"{metric.Name} {tag.Key}={tag.Value}");
            return texts;
        }
    }

    /// <summary>Opens a session in which provider <c>first</c> has the clients.</summary>
    public static async Task<ListenedSession> OpenAsync(
        IChatClient client,
        Action<SessionOptions>? configure = null,
        IEmbeddingGenerator<string, Embedding<float>>? embeddings = null
    )
    {
        var options = new SessionOptions { Resilience = new() { MaxRetries = 0 } };
        options.Providers["first"] = new() { Implementation = new ScriptedProvider(_ => client, _ => embeddings!) };
        configure?.Invoke(options);
        var store = new SessionStore(new MemoryStorage(), options, new(), ownsStorage: true, [], CallPipeline.Parts);
        return new(store) { Session = await store.OpenAsync(cancellationToken: TestContext.Current.CancellationToken) };
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await _store.DisposeAsync();
        _tracing.Dispose();
        _measuring.Dispose();
    }
}
