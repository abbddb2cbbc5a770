using System.Reflection;
using System.Text.RegularExpressions;
using Dossier.Storage;
using Dossier.Tests.Chat;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Dossier.Tests.Telemetry;

public sealed partial class LogEventTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Events_HaveIdsOfTheirOwn_AndAreDocumented()
    {
        var events = Events().ToList();
        var documented = Row()
            .Matches(File.ReadAllText(Repository.PathOf("docs/telemetry.md")))
            .Select(row => (int.Parse(row.Groups[1].Value, null), row.Groups[2].Value, row.Groups[3].Value));

        events.Select(one => one.Id).Should().OnlyHaveUniqueItems().And.NotContain(0).And.HaveCountGreaterThan(15);
        documented.Should().BeEquivalentTo(events);
    }

    [Fact]
    public void Loggers_AreUsedByGeneratedMessagesOnly()
    {
        Repository
            .Files("src", "*.cs")
            .Where(file => Extension().IsMatch(File.ReadAllText(file)))
            .Should()
            .BeEmpty("a message needs a stable id, and its template must not be built at run time");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Content_IsNeverLogged(bool streaming)
    {
        var log = new FakeLogCollector();
        var client = new ScriptedChatClient(
            (messages, _, token) =>
                messages.Any(message => message.Role == ChatRole.Tool)
                    ? ScriptedChatClient.UpdatesAsync(["planted", " phrase"], null, token)
                    : Tools.CallAsync()
        );
        var options = new SessionOptions
        {
            LoggerFactory = LoggerFactory.Create(builder =>
                builder.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(log))
            ),
            Providers = { ["first"] = new() { Implementation = new ScriptedProvider(_ => client, _ => ScriptedEmbeddings.OfLengths()) } },
        };
        await using var store = new SessionStore(new MemoryStorage(), options, new(), ownsStorage: true, [], CallPipeline.Parts);
        await using var session = await store.OpenAsync(cancellationToken: Token);
        var chat = session.GetChatClient("first/m");
        var tools = new ChatOptions { Instructions = "planted", Tools = [AIFunctionFactory.Create(() => "planted phrase", "weather")] };

        if (streaming)
            await chat.GetStreamingResponseAsync("planted phrase", tools, Token).LastAsync(Token);
        else
            await chat.GetResponseAsync("planted phrase", tools, Token);
        await session.GetEmbeddingGenerator("first/m").GenerateAsync(["planted phrase"], cancellationToken: Token);
        await session.StoreArtifactAsync("input", "planted phrase", cancellationToken: Token);

        var messages = log.GetSnapshot();
        messages.Should().HaveCountGreaterThan(3);
        messages.Should().NotContain(message => message.Message.Contains("planted", StringComparison.Ordinal));
        messages.Should().OnlyContain(message => message.Id.Id != 0 && message.Id.Name != null);
    }

    [Fact]
    public async Task NamesOfModels_AreLoggedWithoutKeys()
    {
        const string Secret = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";
        var log = new FakeLogCollector();
        var failing = new ScriptedProvider(_ => ScriptedChatClient.Failing(Failures.ServerError));
        var options = new SessionOptions
        {
            TimeProvider = new SkippingTime(),
            Resilience = new() { MaxRetries = 1 },
            Budget = new() { MaxCalls = 10 },
            LoggerFactory = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(log))),
            Providers =
            {
                ["failing"] = new() { Implementation = failing },
                ["first"] = new() { Implementation = new ScriptedProvider(_ => ScriptedChatClient.Answering("hello")) },
            },
        };
        await using var store = new SessionStore(new MemoryStorage(), options, new(), ownsStorage: true, [], CallPipeline.Parts);
        await using var session = await store.OpenAsync(cancellationToken: Token);

        await session.GetChatClient([$"failing/{Secret}", $"first/{Secret}"]).GetResponseAsync("hi", cancellationToken: Token);

        var messages = log.GetSnapshot();
        // Trying again, falling back, the model that nobody knows, and the hold that it took more than.
        messages.Select(message => message.Id.Id).Should().Contain([23, 24, 30, 42]);
        messages.Should().Contain(message => message.Message.Contains("failing/[masked]", StringComparison.Ordinal));
        messages.Should().NotContain(message => message.Message.Contains(Secret, StringComparison.Ordinal));
    }

    private static IEnumerable<(int Id, string Name, string Level)> Events() =>
        new[] { typeof(Session).Assembly, typeof(LocalStorage).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type =>
                type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            )
            .Select(method => (method.Name, Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(method => method.Event is not null)
            .Select(method => (method.Event!.EventId, method.Name, method.Event.Level.ToString()));

    [GeneratedRegex(@"^\| (\d+) \| `(\w+)` \| (\w+) \|", RegexOptions.Multiline, 1000)]
    private static partial Regex Row();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)?\(", RegexOptions.None, 1000)]
    private static partial Regex Extension();
}
