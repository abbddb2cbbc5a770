using System.Text.Json;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

public sealed class TrackingChatClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnsweredCall_IsRecordedWhole()
    {
        await using var test = await TestSession.OpenAsync();
        var chat = test.Session.GetChatClient("scripted/script-1");

        var answer = await chat.GetResponseAsync("Say hello", new() { Temperature = 0.5f }, Token);

        answer.Text.Should().Be("Hello there");
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Succeeded);
        response.Provider.Should().Be("scripted");
        response.RequestedModel.Should().Be("script-1");
        response.ServedModel.Should().Be("script-1-2026-01-01");
        response.Usage.Should().Be(new TokenUsage { Input = 10, Output = 4 });
        response.Cost.Should().BeNull("nobody knows the price of script-1");
        response.FinishReason.Should().Be("stop");
        response.StartedAt.Should().Be(test.Time.GetUtcNow());
        response.Duration.Should().Be(TimeSpan.Zero);
        response.Streaming.Should().BeFalse();
        (await test.Session.Responses.ReadRequestAsync(response, Token)).Single().Text.Should().Be("Say hello");
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("Hello there");
        (await test.Session.Responses.ReadOptionsAsync(response, Token))!.Value.GetProperty("temperature").GetDouble().Should().Be(0.5);
    }

    [Fact]
    public async Task Call_IsRecordedAsInProgressBeforeItLeaves()
    {
        await using var test = await TestSession.OpenAsync();
        TrackedResponse? duringCall = null;
        var inner = new ScriptedChatClient((_, _, token) => Look(token));
        async IAsyncEnumerable<ChatResponseUpdate> Look([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
        {
            duringCall = await test.Session.Responses.ListAsync(cancellationToken: token).SingleAsync(token);
            yield return new(ChatRole.Assistant, "done");
        }

        await test.Session.Track(inner).GetResponseAsync("hi", cancellationToken: Token);

        duringCall!.Outcome.Should().Be(ResponseOutcome.InProgress);
        duringCall.RequestMessages.Should().HaveCount(1);
        var after = await test.Session.Responses.GetAsync(duringCall.Id, Token);
        after.Outcome.Should().Be(ResponseOutcome.Succeeded);
        after.Sequence.Should().Be(duringCall.Sequence);
    }

    [Fact]
    public async Task Stream_IsRecordedWithTheTimeToItsFirstContent()
    {
        await using var test = await TestSession.OpenAsync();
        var inner = new ScriptedChatClient((_, _, _) => Slowly());
        async IAsyncEnumerable<ChatResponseUpdate> Slowly()
        {
            await Task.Yield();
            yield return new(ChatRole.Assistant, "");
            test.Time.Advance(TimeSpan.FromMilliseconds(250));
            yield return new(ChatRole.Assistant, "one");
            test.Time.Advance(TimeSpan.FromMilliseconds(750));
            yield return new(ChatRole.Assistant, " two") { FinishReason = ChatFinishReason.Stop };
        }

        var text = string.Concat(
            await test
                .Session.Track(inner)
                .GetStreamingResponseAsync("count", cancellationToken: Token)
                .Select(u => u.Text)
                .ToListAsync(Token)
        );

        text.Should().Be("one two");
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Succeeded);
        response.Streaming.Should().BeTrue();
        response.TimeToFirstToken.Should().Be(TimeSpan.FromMilliseconds(250));
        response.Duration.Should().Be(TimeSpan.FromSeconds(1));
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("one two");
    }

    [Fact]
    public async Task FailedCall_IsKeptAndRethrownUnchanged()
    {
        await using var test = await TestSession.OpenAsync();
        var failure = new HttpRequestException("server said no", null, System.Net.HttpStatusCode.InternalServerError);
        var chat = test.Session.Track(ScriptedChatClient.Failing(failure), "acme/model-1");

        var act = () => chat.GetResponseAsync("hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<HttpRequestException>()).Which.Should().BeSameAs(failure);
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Provider.Should().Be("acme");
        response.RequestedModel.Should().Be("model-1");
        response
            .Error.Should()
            .Be(
                new ResponseError
                {
                    Type = "System.Net.Http.HttpRequestException",
                    Message = "server said no",
                    Kind = ProviderErrorKind.ServerError,
                    StatusCode = 500,
                    IsTransient = true,
                }
            );
    }

    [Fact]
    public async Task FailedStream_KeepsItsPartialText()
    {
        await using var test = await TestSession.OpenAsync();
        var chat = test.Session.Track(ScriptedChatClient.Failing(new IOException("cut"), "half", " of it"));

        var act = async () => await chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);

        await act.Should().ThrowAsync<IOException>();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("half of it");
    }

    [Fact]
    public async Task CancelledStream_IsRecordedAsCancelledWithItsPartialText()
    {
        await using var test = await TestSession.OpenAsync();
        using var cancel = new CancellationTokenSource();
        var inner = new ScriptedChatClient((_, _, token) => ScriptedChatClient.UpdatesAsync(["one", "two", "three"], null, token));
        var seen = new List<string>();

        var act = async () =>
        {
            await foreach (var update in test.Session.Track(inner).GetStreamingResponseAsync("hi", cancellationToken: cancel.Token))
            {
                seen.Add(update.Text);
                if (update.Text == "two")
                    await cancel.CancelAsync();
            }
        };

        await act.Should().ThrowAsync<OperationCanceledException>();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("onetwo");
    }

    [Fact]
    public async Task StreamThatItsConsumerLeaves_IsCancelledWithItsPartialText()
    {
        await using var test = await TestSession.OpenAsync();
        var chat = test.Session.Track(ScriptedChatClient.Answering("one", "two", "three"));

        await foreach (var update in chat.GetStreamingResponseAsync("hi", cancellationToken: Token))
        {
            if (update.Text == "one")
                break;
        }

        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("one");
    }

    [Fact]
    public async Task Artifact_SentAsContent_IsAnInputAndItsAnswerAnOutput()
    {
        await using var test = await TestSession.OpenAsync();
        var input = await test.Session.StoreArtifactAsync("question", "What?", cancellationToken: Token);

        var answer = await test
            .Session.GetChatClient("scripted/script-1")
            .GetResponseAsync([new(ChatRole.User, [await input.AsContentAsync(Token)])], cancellationToken: Token);
        var output = await test.Session.StoreArtifactAsync("answer", answer.Text, cancellationToken: Token);

        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.InputArtifacts.Should().Equal(input.Id);
        response.OutputArtifacts.Should().Equal(output.Id);
        output.ProducedBy.Should().Be(response.Id);
    }

    [Fact]
    public async Task AnswerStoredAfterReopening_IsLinkedToItsResponse()
    {
        await using var test = await TestSession.OpenAsync();
        var answer = await test.Session.GetChatClient("scripted/script-1").GetResponseAsync("hi", cancellationToken: Token);
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        await using var again = await test.Store.OpenAsync(new() { SessionId = test.Session.Id }, Token);

        var output = await again.StoreArtifactAsync("answer", answer.Text, cancellationToken: Token);
        var input = await again.StoreArtifactAsync("question", answer.Text, role: ArtifactRole.Input, cancellationToken: Token);

        output.ProducedBy.Should().Be(response.Id);
        input.ProducedBy.Should().BeNull("what is given was not made here");
    }

    [Fact]
    public async Task MaskedAnswer_IsLinkedToItsResponse()
    {
        await using var test = await TestSession.OpenAsync();
        var chat = test.Session.Track(ScriptedChatClient.Answering($"use {TestSession.Key}"));
        var answer = await chat.GetResponseAsync("hi", cancellationToken: Token);

        var output = await test.Session.StoreArtifactAsync("answer", answer.Text, cancellationToken: Token);

        output.ProducedBy.Should().NotBeNull();
    }

    [Fact]
    public async Task Image_IsKeptByDigestAndReadBack()
    {
        await using var test = await TestSession.OpenAsync();
        byte[] image = [.. Enumerable.Range(0, 255).Select(i => (byte)i)];
        var sent = new DataContent(image, "image/png") { Name = "chart.png" };

        await test
            .Session.GetChatClient("scripted/script-1")
            .GetResponseAsync([new(ChatRole.User, [new TextContent("Look:"), sent])], cancellationToken: Token);

        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        var stored = await test.Storage.Records.GetContentAsync(response.RequestMessages[0], Token);
        System.Text.Encoding.UTF8.GetString(stored!.Inline!.Value.Span).Should().NotContain(Convert.ToBase64String(image)[..40]);
        var message = (await test.Session.Responses.ReadRequestAsync(response, Token)).Single();
        var read = message.Contents[1].Should().BeOfType<DataContent>().Subject;
        read.Data.ToArray().Should().Equal(image);
        read.MediaType.Should().Be("image/png");
        read.Name.Should().Be("chart.png");
        sent.Data.ToArray().Should().Equal(image, "the caller's message is left as it was");
    }

    [Fact]
    public async Task ContentThatCannotBeSerialised_IsNotedAndTheCallGoesOn()
    {
        await using var test = await TestSession.OpenAsync();
        var endless = new Endless();
        endless.Self = endless;
        var message = new ChatMessage(ChatRole.Tool, [new FunctionResultContent("call-1", endless), new TextContent("plain")]);

        var answer = await test.Session.GetChatClient("scripted/script-1").GetResponseAsync([message], cancellationToken: Token);

        answer.Text.Should().Be("Hello there");
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        var kept = (await test.Session.Responses.ReadRequestAsync(response, Token)).Single();
        kept.Contents.Should().HaveCount(2);
        kept.Text.Should().Be("plain");
        var result = kept.Contents.OfType<FunctionResultContent>().Single();
        (result.CallId, result.Result!.ToString()).Should().Be(("call-1", "[Endless that cannot be serialised]"));
    }

    [Fact]
    public async Task Tools_AreRecordedWithTheirSchemas()
    {
        await using var test = await TestSession.OpenAsync();
        var tool = AIFunctionFactory.CreateDeclaration("weather", "Tells the weather.", JsonElement.Parse("""{"type":"object"}"""));

        await test.Session.GetChatClient("scripted/script-1").GetResponseAsync("hi", new() { Tools = [tool] }, Token);

        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        var options = await test.Session.Responses.ReadOptionsAsync(response, Token);
        options!
            .Value.GetProperty("tools")[0]
            .GetRawText()
            .Should()
            .Be("""{"name":"weather","description":"Tells the weather.","schema":{"type":"object"}}""");
    }

    [Fact]
    public async Task Secrets_AreMaskedInEverythingThatIsKeptAndLogged()
    {
        await using var test = await TestSession.OpenAsync();
        var failure = new InvalidOperationException($"bad key {TestSession.Key} or sk-abcdefghijklmnop1234567890");
        var chat = test.Session.Track(ScriptedChatClient.Failing(failure, $"your key is {TestSession.Key}"));
        ChatMessage[] messages = [new(ChatRole.User, $"My key is {TestSession.Key}.")];

        var act = async () =>
            await chat.GetStreamingResponseAsync(
                    messages,
                    new() { Instructions = $"use {TestSession.Key}", ModelId = $"m-{TestSession.Key}" },
                    Token
                )
                .ToListAsync(Token);

        await act.Should().ThrowAsync<InvalidOperationException>();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        (await test.Session.Responses.ReadRequestAsync(response, Token)).Single().Text.Should().Be("My key is [masked].");
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("your key is [masked]");
        (await test.Session.Responses.ReadOptionsAsync(response, Token))!.Value.GetRawText().Should().Contain("use [masked]");
        response.Error!.Message.Should().Be("bad key [masked] or [masked]");
        response.RequestedModel.Should().Be("m-[masked]");
        response
            .Redactions.Should()
            .BeEquivalentTo([
                new Redaction("configured-key", RedactedPart.Request, 1),
                new Redaction("configured-key", RedactedPart.Options, 2),
                new Redaction("configured-key", RedactedPart.Name, 1),
                new Redaction("configured-key", RedactedPart.Answer, 1),
                new Redaction("configured-key", RedactedPart.Error, 1),
                new Redaction("api-key", RedactedPart.Error, 1),
            ]);
        test.Log.GetSnapshot().Should().NotContain(record => record.Message.Contains(TestSession.Key, StringComparison.Ordinal));
        test.Log.GetSnapshot().Should().Contain(record => record.Id.Name == "ResponseFailed");
    }

    [Fact]
    public async Task ClientOfTheUser_IsNotDisposed()
    {
        await using var test = await TestSession.OpenAsync();
        var inner = ScriptedChatClient.Answering("x");

        test.Session.Track(inner).Dispose();

        inner.Disposed.Should().BeFalse();
    }

    [Fact]
    public async Task ModelOfAUsersClient_ComesFromItsMetadata()
    {
        await using var test = await TestSession.OpenAsync();

        await test.Session.Track(ScriptedChatClient.Answering("x")).GetResponseAsync("hi", cancellationToken: Token);

        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Provider.Should().Be("scripted");
        response.RequestedModel.Should().Be("script-1");
    }

    [Fact]
    public async Task StoreThatCannotWrite_StopsTheCallBeforeItLeaves()
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        var inner = ScriptedChatClient.Answering("x");
        storage.FailAfter(commits: 0);

        var act = () => test.Session.Track(inner).GetResponseAsync("hi", cancellationToken: Token);

        await act.Should().ThrowAsync<StorageException>();
        inner.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData(typeof(ObjectDisposedException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task StoreThatFailsAfterAFailedCall_LeavesTheVendorsExceptionAlone(Type failure)
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        storage.FailAfter(commits: 1, (Exception)Activator.CreateInstance(failure, "closed")!);

        var act = () =>
            test.Session.Track(ScriptedChatClient.Failing(new IOException("cut"))).GetResponseAsync("hi", cancellationToken: Token);

        await act.Should().ThrowAsync<IOException>();
        test.Log.GetSnapshot().Should().ContainSingle(r => r.Id.Name == "ResponseNotRecorded");
    }

    [Fact]
    public async Task StreamThatItsConsumerLeaves_IsClosedBeforeItIsRecorded()
    {
        await using var test = await TestSession.OpenAsync();
        ResponseOutcome? whenClosed = null;
        var inner = new ScriptedChatClient((_, _, token) => Endless(token));
        async IAsyncEnumerable<ChatResponseUpdate> Endless([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
        {
            try
            {
                while (true)
                    yield return new(ChatRole.Assistant, "more");
            }
            finally
            {
                whenClosed = (await test.Session.Responses.ListAsync(cancellationToken: token).SingleAsync(token)).Outcome;
            }
        }

        await foreach (var _ in test.Session.Track(inner).GetStreamingResponseAsync("hi", cancellationToken: Token))
            break;

        whenClosed.Should().Be(ResponseOutcome.InProgress);
    }

    [Fact]
    public async Task ClientOfAClosedSession_CallsNobody()
    {
        await using var test = await TestSession.OpenAsync();
        var inner = ScriptedChatClient.Answering("x");
        var chat = test.Session.Track(inner);
        await test.Session.DisposeAsync();

        var act = () => chat.GetResponseAsync("hi", cancellationToken: Token);

        await act.Should().ThrowAsync<ObjectDisposedException>();
        inner.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData(typeof(StorageException))]
    [InlineData(typeof(ObjectDisposedException))]
    public async Task StoreThatFailsAfterTheCall_HandsOverTheAnswer(Type failure)
    {
        var storage = new FailingStorage();
        await using var test = await TestSession.OpenAsync(storage: storage);
        storage.FailAfter(
            commits: 1,
            (Exception)Activator.CreateInstance(failure, args: failure == typeof(StorageException) ? ["closed", null, false] : ["closed"])!
        );

        var act = () => test.Session.Track(ScriptedChatClient.Answering("paid for")).GetResponseAsync("hi", cancellationToken: Token);

        var thrown = (await act.Should().ThrowAsync<ResponseNotRecordedException>()).Which;
        thrown.Response.Text.Should().Be("paid for");
        (await test.Session.Responses.GetAsync(thrown.ResponseId, Token)).Outcome.Should().Be(ResponseOutcome.InProgress);
    }

    private sealed class Endless
    {
        public Endless? Self { get; set; }
    }
}
