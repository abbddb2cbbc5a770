using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.RegularExpressions;
using Dossier.Storage;
using Dossier.Tests.Chat;
using Microsoft.Extensions.AI;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Dossier.Tests.Telemetry;

[Collection(Alone.Name)]
public sealed partial class MeasurementTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_AreMeasured()
    {
        var metrics = new List<MetricSnapshot>();
        string session;
        using (var provider = Sdk.CreateMeterProviderBuilder().AddMeter("Dossier").AddInMemoryExporter(metrics).Build())
        {
            var turn = 0;
            var client = new ScriptedChatClient(
                (messages, _, token) =>
                    turn++ == 0 ? throw Failures.SlowDown()
                    : messages.Any(message => message.Role == ChatRole.Tool)
                        ? ScriptedChatClient.UpdatesAsync(["It is sunny."], null, token)
                    : Tools.CallAsync()
            );
            await using var store = Store(client);
            await using var opened = await store.OpenAsync(cancellationToken: Token);
            session = opened.Id;
            var options = new ChatOptions { Tools = [Tools.Counting(() => { })], MaxOutputTokens = 100 };
            await opened.GetChatClient("first/m").GetStreamingResponseAsync("weather?", options, Token).LastAsync(Token);
            provider.ForceFlush();
        }

        Sum(metrics, "dossier.attempts").Should().Be(3);
        Sum(metrics, "dossier.attempts", ("dossier.attempt.reason", "retry"), ("dossier.outcome", "succeeded")).Should().Be(1);
        Sum(metrics, "dossier.failures", ("dossier.error.kind", "rate_limited"), ("dossier.model.requested", "m")).Should().Be(1);
        Sum(metrics, "dossier.tool_calls", ("dossier.tool.name", "weather"), ("dossier.outcome", "succeeded")).Should().Be(1);
        Count(metrics, "dossier.response.duration", ("dossier.operation", "chat"), ("dossier.outcome", "succeeded")).Should().Be(1);
        Count(metrics, "dossier.response.time_to_first_token").Should().Be(1);
        Count(metrics, "dossier.attempt.duration").Should().Be(3);
        Total(metrics, "dossier.attempt.tokens", ("dossier.token.type", "input")).Should().Be(20);
        Total(metrics, "dossier.attempt.tokens", ("dossier.token.type", "output")).Should().Be(8);
        Total(metrics, "dossier.attempt.cost", ("dossier.cost.currency", "USD")).Should().BeApproximately(0.28, 1e-9);
        Points(metrics, "dossier.budget.cost_left", ("dossier.session.id", session))
            .Single()
            .GetGaugeLastValueDouble()
            .Should()
            .BeApproximately(99.72, 1e-9);
        Points(metrics, "dossier.budget.calls_left", ("dossier.session.id", session)).Single().GetGaugeLastValueLong().Should().Be(8);
    }

    [Fact]
    public void WithoutAListener_NothingIsAllocated()
    {
        var attempt = new Attempt
        {
            Number = 1,
            Provider = "p",
            RequestedModel = "m",
            StartedAt = default,
            Duration = TimeSpan.FromSeconds(1),
            Outcome = AttemptOutcome.Failed,
            Error = new() { Message = "It failed." },
            Usage = new() { Input = 1 },
        };
        var response = new TrackedResponse { Duration = TimeSpan.FromSeconds(1), TimeToFirstToken = TimeSpan.FromSeconds(1) };
        Measure();

        Measure().Should().Be(0);

        long Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                _ = Spans.StartResponse();
                Measurements.Ended(attempt);
                Measurements.Ended(response);
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public async Task NameThatAModelMakesUp_IsNoSeries()
    {
        var client = new ScriptedChatClient(
            (messages, _, token) =>
                messages.Any(message => message.Role == ChatRole.Tool)
                    ? ScriptedChatClient.UpdatesAsync(["sorry"], null, token)
                    : CallAsync("made_up", "weather")
        );
        await using var test = await ListenedSession.OpenAsync(client);

        await test.Session.GetChatClient("first/m").GetResponseAsync("weather?", new() { Tools = [Tools.Counting(() => { })] }, Token);

        test.Texts.Should().Contain(["dossier.tool_calls dossier.outcome=not_invoked", "dossier.tool_calls dossier.tool.name=weather"]);
        test.Texts.Should().NotContain(text => text.Contains("made_up", StringComparison.Ordinal));

        static async IAsyncEnumerable<ChatResponseUpdate> CallAsync(params string[] names)
        {
            await Task.Yield();
            yield return new(ChatRole.Assistant, [.. names.Select(name => new FunctionCallContent(name, name))]);
        }
    }

    [Fact]
    public async Task Steps_AreMeasured_WithWhetherTheirResultsWereReused()
    {
        var metrics = new List<MetricSnapshot>();
        using (var provider = Sdk.CreateMeterProviderBuilder().AddMeter("Dossier").AddInMemoryExporter(metrics).Build())
        {
            await using var store = Store(ScriptedChatClient.Answering("hi"));
            await using var session = await store.OpenAsync(cancellationToken: Token);
            for (var i = 0; i < 3; i++)
                await session.StepAsync("count", [], _ => Task.FromResult(1), cancellationToken: Token);
            await session
                .Awaiting(it => it.StepAsync("fail", [], Task<int> (_) => throw new IOException(), cancellationToken: Token))
                .Should()
                .ThrowAsync<IOException>();
            provider.ForceFlush();
        }

        Count(metrics, "dossier.step.duration", ("dossier.step.name", "count"), ("dossier.outcome", "kept")).Should().Be(3);
        Points(metrics, "dossier.step.duration", ("dossier.step.name", "count"))
            .Select(point => (Reused: Has(point, "dossier.step.reused", true), Count: point.GetHistogramCount()))
            .Should()
            .BeEquivalentTo([(false, 1L), (true, 2L)]);
        Count(metrics, "dossier.step.duration", ("dossier.step.name", "fail"), ("dossier.outcome", "failed")).Should().Be(1);
    }

    [Fact]
    public void Names_AreDocumented_AndNoOthersAre()
    {
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Measurements).TypeHandle);
        var instruments = new List<Instrument>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => instruments.Add(instrument) };
        listener.Start();
        var own = instruments.Where(instrument => instrument.Meter.Name == "Dossier").ToList();
        own.Should().HaveCountGreaterThan(8);
        var text = File.ReadAllText(Repository.PathOf("docs/telemetry.md"));

        var tags = typeof(Tags).GetFields(BindingFlags.Static | BindingFlags.Public).Select(field => (string)field.GetRawConstantValue()!);
        string[] spans = ["dossier.step", "dossier.response", "dossier.attempt", "dossier.tool"];
        var tokens = Tags.TokensOf(
                new()
                {
                    Input = 1,
                    CachedInput = 1,
                    CacheWrite = 1,
                    CacheWrite1h = 1,
                    AudioInput = 1,
                    CachedAudioInput = 1,
                    Output = 1,
                    Reasoning = 1,
                    AudioOutput = 1,
                }
            )
            .Select(one => $"dossier.tokens.{one.Type}");
        var known = own.Select(instrument => instrument.Name).Concat(tags).Concat(spans).Concat(tokens).ToList();

        Name()
            .Matches(text)
            .Select(match => match.Groups[1].Value)
            .Distinct()
            .Should()
            .BeEquivalentTo(known.Where(name => name.StartsWith("dossier.")).Distinct());
        text.Should().Contain("`error.type`");
        own.Should().OnlyContain(instrument => text.Contains($"| `{instrument.Name}` | `{instrument.Unit}` |", StringComparison.Ordinal));
    }

    private static SessionStore Store(IChatClient client)
    {
        var price = new ModelPrice
        {
            Input = 10_000m,
            Output = 10_000m,
            Source = new("test"),
        };
        var options = new SessionOptions
        {
            TimeProvider = new SkippingTime(),
            Budget = new() { MaxCost = 100, MaxCalls = 10 },
            Providers = { ["first"] = new() { Implementation = new ScriptedProvider(_ => client) } },
        };
        var models = new ModelRegistry([
            new()
            {
                Provider = "first",
                Id = "m",
                Price = price,
            },
        ]);
        return new(new MemoryStorage(), options, models, ownsStorage: true, [], CallPipeline.Parts);
    }

    private static List<MetricPoint> Points(List<MetricSnapshot> metrics, string name, params (string Name, string Value)[] tags) =>
        [.. metrics.Last(metric => metric.Name == name).MetricPoints.Where(point => tags.All(tag => Has(point, tag.Name, tag.Value)))];

    private static bool Has(MetricPoint point, string name, object value)
    {
        foreach (var tag in point.Tags)
            if (tag.Key == name && Equals(tag.Value, value))
                return true;
        return false;
    }

    private static long Sum(List<MetricSnapshot> metrics, string name, params (string Name, string Value)[] tags) =>
        Points(metrics, name, tags).Sum(point => point.GetSumLong());

    private static long Count(List<MetricSnapshot> metrics, string name, params (string Name, string Value)[] tags) =>
        Points(metrics, name, tags).Sum(point => point.GetHistogramCount());

    private static double Total(List<MetricSnapshot> metrics, string name, params (string Name, string Value)[] tags) =>
        Points(metrics, name, tags).Sum(point => point.GetHistogramSum());

    [GeneratedRegex(@"`(dossier\.[a-z0-9_.]+)`", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
