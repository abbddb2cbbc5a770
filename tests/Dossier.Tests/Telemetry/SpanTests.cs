using System.Diagnostics;
using Dossier.Storage;
using Dossier.Tests.Chat;
using Microsoft.Extensions.AI;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Dossier.Tests.Telemetry;

[Collection(Alone.Name)]
public sealed class SpanTests
{
    private const string Conventions = "Experimental.Microsoft.Extensions.AI";
    private const string Secret = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_HasSpansOfItsAttemptsAndTools_AndNoContent(bool streaming)
    {
        var turn = 0;
        var client = new ScriptedChatClient(
            (messages, _, token) =>
                turn++ == 0 ? throw Failures.ServerError
                : messages.Any(message => message.Role == ChatRole.Tool)
                    ? ScriptedChatClient.UpdatesAsync(["planted ", "phrase"], null, token)
                : Tools.CallAsync()
        );
        TrackedResponse response;
        var spans = new List<Activity>();
        using (var provider = Listen(spans))
        {
            await using var test = await PipelineSession.OpenAsync(client);
            var chat = test.Session.GetChatClient("first/m");
            var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => "planted phrase", "weather")] };
            if (streaming)
                await chat.GetStreamingResponseAsync("planted phrase", options, Token).LastAsync(Token);
            else
                await chat.GetResponseAsync("planted phrase", options, Token);
            response = await test.LastAsync();
        }

        var root = spans.Should().ContainSingle(span => span.OperationName == "dossier.response").Subject;
        response.TraceId.Should().Be(root.TraceId.ToHexString());
        response.SpanId.Should().Be(root.SpanId.ToHexString());
        spans.Should().OnlyContain(span => span.TraceId == root.TraceId);
        root.DisplayName.Should().Be("chat first/m");
        Of(root, "dossier.session.id").Should().Be(response.SessionId);
        Of(root, "dossier.response.id").Should().Be(response.Id);
        Of(root, "dossier.outcome").Should().Be("succeeded");
        Of(root, "dossier.attempts").Should().Be(3);
        Of(root, "dossier.tool_calls").Should().Be(1);
        Of(root, "dossier.tokens.input").Should().Be(20L);
        Of(root, "dossier.streaming").Should().Be(streaming);

        var attempts = spans.Where(span => span.OperationName == "dossier.attempt").OrderBy(span => span.StartTimeUtc).ToList();
        attempts.Should().HaveCount(3).And.OnlyContain(span => span.ParentSpanId == root.SpanId && span.Kind == ActivityKind.Client);
        attempts.Select(span => Of(span, "dossier.attempt.reason")).Should().Equal("first", "retry", "first");
        attempts.Select(span => Of(span, "dossier.outcome")).Should().Equal("failed", "succeeded", "succeeded");
        attempts.Select(span => Of(span, "dossier.model_call")).Should().Equal(1, 1, 2);
        attempts[0].Status.Should().Be(ActivityStatusCode.Error);
        Of(attempts[0], "dossier.error.kind").Should().Be("server_error");
        Of(attempts[0], "error.type").Should().Be("500");
        Of(attempts[2], "dossier.tokens.output").Should().Be(4L);

        var tool = spans.Should().ContainSingle(span => span.OperationName == "dossier.tool").Subject;
        tool.DisplayName.Should().Be("tool weather");
        Of(tool, "dossier.outcome").Should().Be("succeeded");
        spans
            .Where(span => span.Source.Name == Conventions && span.DisplayName == "chat m")
            .Select(span => span.ParentSpanId)
            .Should()
            .BeEquivalentTo(attempts.Select(span => span.SpanId));
        spans.SelectMany(TextsOf).Should().NotContain(text => text.Contains("planted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CallersOwnClient_HasASpanAndOneAttempt_WithinTheCallersSpan()
    {
        var spans = new List<Activity>();
        TrackedResponse response;
        ActivityTraceId trace;
        using (var provider = Listen(spans))
        {
            await using var test = await PipelineSession.OpenAsync();
            using var own = new Activity("caller") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
            trace = own.TraceId;
            await test.Session.Track(ScriptedChatClient.Answering("hello"), "acme/m").GetResponseAsync("hi", cancellationToken: Token);
            Activity.Current.Should().BeSameAs(own);
            response = await test.LastAsync();
        }

        spans.Select(span => (span.OperationName, span.TraceId)).Should().Equal(("dossier.attempt", trace), ("dossier.response", trace));
        spans[0].ParentSpanId.Should().Be(spans[1].SpanId);
        response.SpanId.Should().Be(spans[1].SpanId.ToHexString());
    }

    [Fact]
    public async Task Step_HasTheSpansOfWhatItCalled_AndSaysWhetherItsResultWasReused()
    {
        var spans = new List<Activity>();
        StepResult<string> result;
        using (var provider = Listen(spans))
        {
            await using var test = await PipelineSession.OpenAsync(ScriptedChatClient.Answering("planted phrase"));
            var session = test.Session;
            await OuterAsync(1);
            result = await OuterAsync(2);

            Task<StepResult<string>> OuterAsync(int input) =>
                session.Steps.RunAsync(
                    "outer",
                    [input, "planted phrase"],
                    token => session.StepAsync("inner", [], AskAsync, cancellationToken: token),
                    cancellationToken: Token
                );

            async Task<string> AskAsync(CancellationToken cancellationToken) =>
                (await session.GetChatClient("first/m").GetResponseAsync("hi", cancellationToken: cancellationToken)).Text;
        }

        var roots = spans.Where(span => span.ParentSpanId == default).OrderBy(span => span.StartTimeUtc).ToList();
        roots.Select(Describe).Should().Equal("step outer kept, reused False, attempt 1", "step outer kept, reused False, attempt 1");
        Of(roots[1], "dossier.step.key").Should().Be(result.Key.ToString());
        var inner = roots.Select(root => spans.Single(span => span.ParentSpanId == root.SpanId)).ToList();
        inner.Select(Describe).Should().Equal("step inner kept, reused False, attempt 1", "step inner kept, reused True, attempt 1");
        var response = spans.Single(span => span.ParentSpanId == inner[0].SpanId);
        response.OperationName.Should().Be("dossier.response");
        Of(response, "dossier.step.key").Should().Be(Of(inner[0], "dossier.step.key"));
        spans.Where(span => span.ParentSpanId == response.SpanId).Select(span => span.OperationName).Should().Equal("dossier.attempt");
        spans.Should().NotContain(span => span.ParentSpanId == inner[1].SpanId);
        spans.SelectMany(TextsOf).Should().NotContain(text => text.Contains("planted", StringComparison.Ordinal));

        static string Describe(Activity span) =>
            $"{span.DisplayName} {Of(span, "dossier.outcome")}, reused {Of(span, "dossier.step.reused")}, attempt {Of(span, "dossier.step.attempt")}";
    }

    [Fact]
    public async Task StepThatFails_IsAnError_AndOneThatIsCancelledIsNone()
    {
        var spans = new List<Activity>();
        using (var provider = Listen(spans))
        {
            await using var test = await PipelineSession.OpenAsync();
            using var cancellation = new CancellationTokenSource();
            var failing = () =>
                test.Session.StepAsync("fail", [], Task<int> (_) => throw new IOException($"bad {Secret}"), cancellationToken: Token);
            await failing.Should().ThrowAsync<IOException>();
            var cancelled = () =>
                test.Session.StepAsync(
                    "cancel",
                    [],
                    async token =>
                    {
                        await cancellation.CancelAsync();
                        return token.IsCancellationRequested ? throw new OperationCanceledException(token) : 1;
                    },
                    cancellationToken: cancellation.Token
                );
            await cancelled.Should().ThrowAsync<OperationCanceledException>();
        }

        spans
            .Select(span => (Of(span, "dossier.outcome"), span.Status))
            .Should()
            .Equal(("failed", ActivityStatusCode.Error), ("cancelled", ActivityStatusCode.Unset));
        Of(spans[0], "error.type").Should().Be("System.IO.IOException");
        spans[0].StatusDescription.Should().StartWith("bad").And.NotContain(Secret);
    }

    [Fact]
    public async Task Failure_IsAnError_WithItsSecretsMasked()
    {
        var spans = new List<Activity>();
        using (var provider = Listen(spans))
        {
            await using var test = await PipelineSession.OpenAsync();
            var chat = test.Session.Track(ScriptedChatClient.Failing(new HttpRequestException($"The key {Secret} is wrong.")), "acme/m");
            var call = () => chat.GetResponseAsync("hi", cancellationToken: Token);
            await call.Should().ThrowAsync<HttpRequestException>();
        }

        spans.Should().HaveCount(2).And.OnlyContain(span => span.Status == ActivityStatusCode.Error);
        spans.Should().OnlyContain(span => span.StatusDescription!.StartsWith("The key") && !span.StatusDescription.Contains(Secret));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelledCall_IsNoError(bool inTool)
    {
        using var source = new CancellationTokenSource();
        var client = new ScriptedChatClient(
            (_, _, token) =>
            {
                if (inTool)
                    return Tools.CallAsync();
                source.Cancel();
                throw new TaskCanceledException("Gone.", null, token);
            }
        );
        await using var test = await ListenedSession.OpenAsync(client);
        var tool = AIFunctionFactory.Create(
            string (CancellationToken token) =>
            {
                source.Cancel();
                throw new TaskCanceledException("Gone.", null, token);
            },
            "weather"
        );

        var ask = () => test.Session.GetChatClient("first/m").GetResponseAsync("hi", new() { Tools = [tool] }, source.Token);

        await ask.Should().ThrowAsync<OperationCanceledException>();
        var own = test.Spans.Where(span => span.Source.Name == "Dossier").ToList();
        own.Where(span => (string?)Of(span, "dossier.outcome") == "cancelled").Should().HaveCount(2);
        own.Should().OnlyContain(span => span.Status == ActivityStatusCode.Unset && Of(span, "error.type") == null);
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        var error = inTool ? response.ToolCalls.Single().Error : response.Attempts.Single().Error;
        error.Should().BeEquivalentTo(new { Kind = ProviderErrorKind.Unknown, IsTransient = false });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NamesOfProviderAndModel_AreMasked_InSpansAndMetrics(bool own)
    {
        await using var test = await ListenedSession.OpenAsync(ScriptedChatClient.Answering("hello"));
        var session = test.Session;
        var chat = own
            ? session.Track(ScriptedChatClient.Answering("hello"), $"{Secret}/{Secret}")
            : session.GetChatClient($"first/{Secret}");

        await chat.GetResponseAsync("hi", cancellationToken: Token);

        var names = own ? "[masked]/[masked]" : "first/[masked]";
        test.Spans.Select(span => span.DisplayName).Should().Contain([$"attempt {names}", $"chat {names}"]);
        test.Texts.Should().Contain("dossier.response.duration dossier.model.requested=[masked]");
        test.Texts.Should().NotContain(text => text.Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NameOfAProvider_IsWhatRedactorsLeaveOfIt(bool failing)
    {
        var client = failing ? ScriptedChatClient.Failing(Failures.WrongRequest) : ScriptedChatClient.Answering("hello");
        await using var test = await ListenedSession.OpenAsync(client, options => options.Redactors.Add(new Firsts()));

        var ask = () => test.Session.GetChatClient("first/m").GetResponseAsync("hi", cancellationToken: Token);

        if (failing)
            await ask.Should().ThrowAsync<ProviderException>();
        else
            await ask();
        // The reason of an attempt may be that it was the first.
        test.Texts.Should()
            .NotContain(text => text.Contains("first", StringComparison.Ordinal) && !text.Contains("dossier.attempt.reason"));
        test.Texts.Should()
            .Contain([
                "dossier.attempts dossier.provider=[masked]",
                "dossier.response.duration dossier.provider=[masked]",
                "dossier.provider=[masked]",
            ]);
    }

    [Fact]
    public async Task StreamThatItsReaderLeaves_EndsItsSpans()
    {
        var spans = new List<Activity>();
        using (var provider = Listen(spans))
        {
            await using var test = await PipelineSession.OpenAsync(ScriptedChatClient.Answering("a", "b", "c"));
            await foreach (var _ in test.Session.GetChatClient("first/m").GetStreamingResponseAsync("hi", cancellationToken: Token))
                break;
        }

        spans
            .Where(span => span.Source.Name == "Dossier")
            .Select(span => (span.OperationName, Of(span, "dossier.outcome")))
            .Should()
            .Equal(("dossier.attempt", "cancelled"), ("dossier.response", "cancelled"));
    }

    [Fact]
    public async Task WithoutAListener_TheResponseBearsTheCallersSpan_AndNoneWithoutOne()
    {
        await using var test = await PipelineSession.OpenAsync();
        var chat = test.Session.Track(ScriptedChatClient.Answering("hello"), "acme/m");

        await chat.GetResponseAsync("hi", cancellationToken: Token);
        var alone = await test.LastAsync();
        using var own = new Activity("caller").Start();
        await chat.GetResponseAsync("hi", cancellationToken: Token);
        var within = await test.LastAsync();

        (alone.TraceId, alone.SpanId).Should().Be((null, null));
        (within.TraceId, within.SpanId).Should().Be((own.TraceId.ToHexString(), own.SpanId.ToHexString()));
    }

    [Fact]
    public async Task Budget_IsOnTheAttempt()
    {
        var spans = new List<Activity>();
        using (var provider = Listen(spans))
        {
            await using var test = await PipelineSession.OpenAsync(ScriptedChatClient.Answering("hello"));
            await test.Session.Budget.ChangeAsync(new() { MaxTokens = 100 }, Token);
            await test.Session.GetChatClient("first/m").GetResponseAsync("hi", cancellationToken: Token);
        }

        var attempt = spans.Single(span => span.OperationName == "dossier.attempt");
        Of(attempt, "dossier.budget.held.tokens").Should().Be(100L);
        Of(attempt, "dossier.budget.output_cap").Should().BeOfType<int>().Which.Should().BeInRange(1, 99);
    }

    [Fact]
    public async Task Embeddings_HaveTheirConventions()
    {
        var spans = new List<Activity>();
        using (var provider = Listen(spans))
        {
            var scripted = new ScriptedProvider(_ => ScriptedChatClient.Answering("no"), _ => ScriptedEmbeddings.OfLengths());
            await using var store = Store(options => options.Providers["vectors"] = new() { Implementation = scripted });
            await using var session = await store.OpenAsync(cancellationToken: Token);
            await session.GetEmbeddingGenerator("vectors/m").GenerateAsync(["planted phrase"], cancellationToken: Token);
        }

        spans.Select(span => span.DisplayName).Should().Equal("embeddings vector-1", "attempt vectors/m", "embedding vectors/m");
        spans[0].ParentSpanId.Should().Be(spans[1].SpanId);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Content_IsInTheConventions_OnlyWhenAsked_AndMasked(bool asked, bool streaming)
    {
        var spans = new List<Activity>();
        var client = ScriptedChatClient.Answering("phrase of ", Secret[..20], Secret[20..]);
        string answer;
        using (var provider = Listen(spans))
        {
            await using var store = Store(options =>
            {
                options.TraceContent = asked;
                options.Providers["first"] = new() { Implementation = new ScriptedProvider(_ => client) };
            });
            await using var session = await store.OpenAsync(cancellationToken: Token);
            var chat = session.GetChatClient("first/m");
            var prompt = new ChatMessage(ChatRole.User, $"planted {Secret}");
            answer = streaming
                ? string.Concat(
                    await chat.GetStreamingResponseAsync([prompt], null, Token).Select(update => update.Text).ToListAsync(Token)
                )
                : (await chat.GetResponseAsync([prompt], null, Token)).Text;
        }

        answer.Should().Be($"phrase of {Secret}");
        client.Requests.Single().Single().Text.Should().Be($"planted {Secret}");
        var span = spans.Should().ContainSingle(span => span.Source.Name == Conventions).Subject;
        Of(span, "gen_ai.usage.input_tokens").Should().Be(10);
        var texts = string.Join('\n', TextsOf(span));
        texts.Should().NotContain(Secret);
        texts.Contains("planted", StringComparison.Ordinal).Should().Be(asked);
        texts.Contains("phrase of", StringComparison.Ordinal).Should().Be(asked);
    }

    private sealed class Firsts : IRedactor
    {
        public IEnumerable<RedactedSpan> Find(string text) =>
            text.IndexOf("first", StringComparison.Ordinal) is var at and >= 0 ? [new(at, "first".Length, "ordinal")] : [];
    }

    private static TracerProvider Listen(ICollection<Activity> spans) =>
        Sdk.CreateTracerProviderBuilder().AddSource("Dossier", Conventions).AddInMemoryExporter(spans).Build();

    private static SessionStore Store(Action<SessionOptions> configure)
    {
        var options = new SessionOptions();
        configure(options);
        return new(new MemoryStorage(), options, new(), ownsStorage: true, [], CallPipeline.Parts);
    }

    private static object? Of(Activity span, string tag) => span.GetTagItem(tag);

    private static IEnumerable<string> TextsOf(Activity span) =>
        [
            span.DisplayName,
            span.StatusDescription ?? "",
            .. span.TagObjects.Select(tag => tag.Value?.ToString() ?? ""),
            .. span.Events.SelectMany(one => one.Tags).Select(tag => tag.Value?.ToString() ?? ""),
        ];
}
