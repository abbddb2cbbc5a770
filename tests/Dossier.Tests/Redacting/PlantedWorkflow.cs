using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Dossier.Tests.Redacting;

/// <summary>
/// A workflow that plants texts wherever text goes, over a local store in a directory of its own, and tells what can be seen of it from
/// outside: every file of the store, log messages, spans, metrics, and the exceptions that Dossier threw.
/// </summary>
internal sealed class PlantedWorkflow : IAsyncDisposable
{
    private static readonly string[] s_sources = ["Dossier", "Experimental.Microsoft.Extensions.AI"];

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeLogCollector _log = new();
    private readonly List<Exception> _thrown = [];
    private readonly List<Activity> _spans = [];
    private readonly List<MetricSnapshot> _metrics = [];
    private readonly TracerProvider _tracing;
    private readonly MeterProvider _measuring;
    private readonly PlantedVendors _vendors;
    private (string Said, string Named) _texts;

    public PlantedWorkflow(Action<SessionOptions> configure)
    {
        _tracing = Sdk.CreateTracerProviderBuilder().AddSource(s_sources).AddInMemoryExporter(_spans).Build();
        _measuring = Sdk.CreateMeterProviderBuilder().AddMeter(s_sources).AddInMemoryExporter(_metrics).Build();
        _vendors = new(() => _texts);
        var code = new SessionOptions
        {
            StoragePath = Path.Combine(_directory.Path, "store"),
            Resilience = new() { MaxRetries = 0 },
            TraceContent = true,
            LoggerFactory = LoggerFactory.Create(builder =>
                builder.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(_log))
            ),
        };
        Add("answering", _vendors.Answering);
        Add("calling", _vendors.Calling);
        Add("failing", _vendors.Failing);
        Add("cutting", _vendors.Cutting);
        Add("refusing", _vendors.Refusing, _vendors.FailingEmbeddings);
        configure(code);
        Store = SessionStoreFactory.Create(ConfigurationResolver.Resolve(new() { WorkingDirectory = _directory.Path }, code));

        void Add(string name, IChatClient client, IEmbeddingGenerator<string, Embedding<float>>? embeddings = null) =>
            code.Providers[name] = new()
            {
                Implementation = new ScriptedProvider(_ => client, _ => embeddings ?? ScriptedEmbeddings.OfLengths()),
            };
    }

    public SessionStore Store { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Does everything that keeps, logs or traces text, in a new session.</summary>
    /// <param name="said">What messages, options, arguments, results, errors and inputs hold.</param>
    /// <param name="named">What names, ids, tags, metadata and artifacts hold.</param>
    /// <param name="talks">Whether it holds a conversation, too.</param>
    /// <returns>The id of the session.</returns>
    public async Task<string> RunAsync(string said, string named, bool talks)
    {
        _texts = (said, named);
        await using var session = await Store.OpenAsync(
            new()
            {
                Name = named,
                Tags = [named],
                ApplicationVersion = named,
            },
            Token
        );
        await TryAsync(async () => await (await Store.OpenAsync(new() { Owner = named }, Token)).DisposeAsync());
        await CallAsync(session, said, named);
        if (talks)
            await TalkAsync(session, said, named);
        await StepAsync(session, said, named);
        await StoreAsync(session, named);
        await session.FailAsync(named, Token);
        return session.Id;
    }

    /// <summary>What can be seen from outside, each with where it was seen.</summary>
    public IReadOnlyList<(string Place, string Text)> See()
    {
        _measuring.ForceFlush();
        var seen = new List<(string, string)>();
        foreach (var file in Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            seen.Add((Path.GetFileName(file), $"{file}\n{reader.ReadToEnd()}"));
        }
        foreach (var record in _log.GetSnapshot())
            seen.Add(($"log {record.Id.Id}", $"{record.Message} {string.Join(' ', record.StructuredState ?? [])} {record.Exception}"));
        foreach (var span in _spans)
            seen.Add(($"span {span.OperationName}", $"{span.DisplayName} {span.StatusDescription} {TagsOf(span)}"));
        foreach (var metric in _metrics)
        foreach (var point in metric.MetricPoints)
        foreach (var tag in point.Tags)
            seen.Add(($"metric {metric.Name}", $"{tag}"));
        seen.AddRange(_thrown.SelectMany(OwnOf).Select(exception => (exception.GetType().Name, TextOf(exception))));
        return seen;

        // What the caller's own code throws stays as it is, behind what Dossier says about it; what a vendor's client throws does not.
        static IEnumerable<Exception> OwnOf(Exception exception)
        {
            for (Exception? one = exception; one is not null; one = one.InnerException)
                if (one is DossierException or { Source: "Dossier" or "Dossier.Core" })
                    yield return one;
        }

        static string TextOf(Exception exception) => exception is ProviderException ? exception.ToString() : exception.Message;

        static string TagsOf(Activity span) =>
            string.Join(' ', span.TagObjects.Concat(span.Events.SelectMany(one => one.Tags)).Select(tag => $"{tag.Key}={tag.Value}"));
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _tracing.Dispose();
        _measuring.Dispose();
        _directory.Dispose();
    }

    private async Task CallAsync(Session session, string said, string named)
    {
        var message = new ChatMessage(
            ChatRole.User,
            [
                new TextContent(said) { AdditionalProperties = new() { [said] = said } },
                new TextReasoningContent(said) { ProtectedData = said },
                new DataContent(new byte[] { 1, 2, 3 }, "image/png") { Name = said },
                new ErrorContent(said) { Details = said, ErrorCode = said },
            ]
        )
        {
            AuthorName = said,
            MessageId = said,
            AdditionalProperties = new() { [said] = new Dictionary<string, string> { [said] = said } },
        };
        var options = new ChatOptions
        {
            Instructions = said,
            StopSequences = [said],
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"object"}"""), "answer", said),
            AdditionalProperties = new() { [said] = said },
            Tools =
            [
                AIFunctionFactory.Create((string what) => $"found {what}", "look", $"Looks for {said}"),
                AIFunctionFactory.Create(string (string what) => throw new InvalidOperationException($"cannot {what}"), "fail"),
            ],
        };
        foreach (var provider in new[] { "answering", "calling", "failing", "cutting", "refusing" })
        {
            var chat = session.GetChatClient($"{provider}/m");
            await TryAsync(() => chat.GetResponseAsync([message], options, Token));
            await TryAsync(() => chat.GetStreamingResponseAsync([message], options, Token).ToListAsync(Token).AsTask());
        }
        await session.GetChatClient("answering/m").GetResponseAsync(said, new() { ModelId = named }, Token);
        await session.GetChatClient(["failing/m", "answering/m"]).GetResponseAsync(said, null, Token);
        await session.GetChatClient([$"failing/{named}", $"answering/{named}"]).GetResponseAsync(said, null, Token);
        await session.Track(_vendors.Answering, $"own/{named}").GetResponseAsync(said, null, Token);
        await TryAsync(() => session.Track(_vendors.Failing, "own/m").GetResponseAsync(said, options, Token));
        var own = _vendors.Calling.AsBuilder().UseFunctionInvocation().Build();
        await session.Track(own, "own/m").GetResponseAsync(said, options, Token);
        await session.GetEmbeddingGenerator("answering/m").GenerateAsync([said], cancellationToken: Token);
        await TryAsync(() => session.GetEmbeddingGenerator($"refusing/{named}").GenerateAsync([said], null, Token));

        var outcomes = await session.Responses.ListAsync(cancellationToken: Token).Select(response => response.Success).ToListAsync(Token);
        (outcomes.Count(success => success), outcomes.Count(success => !success)).Should().Be((10, 8));
    }

    private async Task TalkAsync(Session session, string said, string named)
    {
        var talk = session.Conversation(named);
        await talk.AppendAsync([new(ChatRole.System, said) { AuthorName = said }], Token);
        await talk.AsChatClient(session.GetChatClient("calling/m")).GetResponseAsync(said, cancellationToken: Token);
        await talk.AsChatClient(session.GetChatClient("answering/m")).GetStreamingResponseAsync(said, null, Token).ToListAsync(Token);
        await talk.UndoAsync(cancellationToken: Token);
        await TryAsync(() => session.GetChatClient("answering/m").GetResponseAsync(said, new() { ConversationId = $"no {named}" }, Token));
        (await talk.ReadTailAsync(10, Token)).Should().HaveCount(3);
    }

    private async Task StepAsync(Session session, string said, string named)
    {
        var inputs = new StepInput[] { said, StepInput.Of(new Dictionary<string, string> { [said] = said }) };
        await session.StepAsync(named, inputs, _ => Task.FromResult(named), new() { Version = named }, Token);
        await session.StepAsync(named, [said], _ => Task.FromResult(new[] { named }), cancellationToken: Token);
        await TryAsync(() =>
            session.StepAsync("failing", [said], Task<string> (_) => throw new IOException($"bad {said}"), cancellationToken: Token)
        );
        await TryAsync(() => session.StepAsync("unkept", [said], _ => Task.FromResult(new Unserialisable(said)), cancellationToken: Token));
        var map = session.MapAsync("map", [said], Task<string> (item, _) => throw new IOException(item), cancellationToken: Token);
        (await map.SingleAsync(Token)).Error.Should().BeOfType<IOException>();
    }

    private async Task StoreAsync(Session session, string named)
    {
        var metadata = new Dictionary<string, object?> { [named] = named, ["all"] = new System.Text.Json.Nodes.JsonArray(named) };
        await session.StoreArtifactAsync(named, $"text of {named}", metadata: metadata, cancellationToken: Token);
        await session.StoreArtifactAsync("object", new Dictionary<string, string> { [named] = named }, cancellationToken: Token);
        await TryAsync(() => session.StoreArtifactAsync(named, new Unserialisable(named), cancellationToken: Token));
        await session.StoreArtifactAsync("json", JsonSerializer.Serialize(named), "json", cancellationToken: Token);
        await session.Responses.TrackAsync(
            named,
            new()
            {
                Success = false,
                Error = new() { Type = named, Message = named },
                Provider = named,
                RequestedModel = named,
                ServedModel = named,
                FinishReason = named,
                Metadata = metadata,
            },
            Token
        );
        // The index has it all by then.
        (await session.SearchAsync("text of", cancellationToken: Token))
            .Hits.Should()
            .NotBeEmpty();
        (await session.GetSummaryAsync(Token)).ToString().Should().NotBeEmpty();
        (await session.GetErrorReportAsync(Token)).ToString().Should().NotBeEmpty();
    }

    /// <summary>What the caller's own code throws is the caller's own.</summary>
    private async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception exception) when (exception is DossierException or ArgumentException)
        {
            _thrown.Add(exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException) { }
    }

    private sealed class Unserialisable(string text)
    {
        public string Text => throw new InvalidOperationException($"no {text}");
    }
}
