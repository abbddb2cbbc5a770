using Microsoft.Extensions.AI;

namespace Dossier.Tests.Replay;

public sealed class ReplayTests : IAsyncDisposable
{
    private readonly ReplayFixture _test = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task SameRequest_IsAnsweredFromTheRecord_ForNothing()
    {
        await RecordAsync(
            ScriptedChatClient.Answering("Hello ", "there"),
            chat => chat.GetResponseAsync("Say hello", cancellationToken: Token)
        );
        await using var session = await _test.OnlyAsync();

        var answer = await session.GetChatClient(ReplayFixture.Model).GetResponseAsync("Say hello", cancellationToken: Token);

        answer.Text.Should().Be("Hello there");
        answer.ModelId.Should().Be("script-1-2026-01-01");
        answer.FinishReason.Should().Be(ChatFinishReason.Stop);
        answer.Usage!.InputTokenCount.Should().Be(10);
        answer.Usage.OutputTokenCount.Should().Be(4);
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Success.Should().BeTrue();
        response.IsReplayed.Should().BeTrue();
        response.Usage.Should().BeNull();
        response.Cost.Should().BeNull();
        var attempt = response.Attempts.Should().ContainSingle().Subject;
        attempt.ReplayedFrom!.SessionId.Should().Be("recorded");
        attempt.ReplayedFrom.ModelCall.Should().Be(1);
        attempt.ServedModel.Should().Be("script-1-2026-01-01");
        var summary = await session.GetSummaryAsync(Token);
        summary.Replayed.Should().Be(1);
        summary.Unpriced.Should().Be(0);
        summary.Tokens.Total.Should().Be(0);
        summary.Budget.Settled.Calls.Should().Be(0);
        summary.ToString().Should().Contain("Replayed    1 of 1 attempts, for nothing").And.Contain("Cost        nothing");
        (await session.RepriceAsync(cancellationToken: Token)).Unpriced.Should().BeEmpty();
    }

    [Fact]
    public async Task Stream_IsReplayedAsAStream_ThatComesToTheSame()
    {
        const string text =
            "A first sentence of some length. A second one, with ünïcödé and 🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂 in it.\nAnd a line.";
        await RecordAsync(ScriptedChatClient.Answering(text), chat => chat.GetResponseAsync("Say it", cancellationToken: Token));
        await using var session = await _test.OnlyAsync();

        var updates = await session
            .GetChatClient(ReplayFixture.Model)
            .GetStreamingResponseAsync("Say it", cancellationToken: Token)
            .ToListAsync(Token);

        updates.Count(update => update.Text.Length > 0).Should().BeGreaterThan(3);
        updates.Should().OnlyContain(update => !char.IsLowSurrogate(update.Text.FirstOrDefault()));
        var answer = updates.ToChatResponse();
        answer.Text.Should().Be(text);
        answer.FinishReason.Should().Be(ChatFinishReason.Stop);
        answer.Usage!.OutputTokenCount.Should().Be(4);
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        (await session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be(text);
    }

    [Fact]
    public async Task IdenticalSamples_ReplayTheirAnswersInOrder_AndThenMiss()
    {
        await RecordAsync(
            ScriptedChatClient.InTurn([.. Enumerable.Range(1, 10).Select(i => $"answer {i}")]),
            async chat =>
            {
                for (var i = 0; i < 10; i++)
                    await chat.GetResponseAsync("A sample", cancellationToken: Token);
            }
        );
        await using var session = await _test.OnlyAsync();
        var chat = session.GetChatClient(ReplayFixture.Model);

        var answers = new List<string>();
        for (var i = 0; i < 10; i++)
            answers.Add((await chat.GetResponseAsync("A sample", cancellationToken: Token)).Text);
        var next = () => chat.GetResponseAsync("A sample", cancellationToken: Token);

        answers.Should().Equal(Enumerable.Range(1, 10).Select(i => $"answer {i}"));
        var miss = (await next.Should().ThrowAsync<ReplayMissException>()).Which;
        miss.Message.Should().Contain("recorded 10 times, and every answer has been given");
        miss.Difference.Should().BeNull();
    }

    [Fact]
    public async Task Cached_AsksTheModelWhatIsNotRecorded()
    {
        await RecordAsync(ScriptedChatClient.Answering("recorded"), chat => chat.GetResponseAsync("Known", cancellationToken: Token));
        var client = ScriptedChatClient.Answering("asked");
        await using var session = await _test.CachedAsync(client);
        var chat = session.GetChatClient(ReplayFixture.Model);

        var known = await chat.GetResponseAsync("Known", cancellationToken: Token);
        var other = await chat.GetResponseAsync("Unknown", cancellationToken: Token);

        known.Text.Should().Be("recorded");
        other.Text.Should().Be("asked");
        client.Requests.Should().ContainSingle();
        var summary = await session.GetSummaryAsync(Token);
        summary.Replayed.Should().Be(1);
        summary.Tokens.Total.Should().Be(14);
        summary.Budget.Settled.Calls.Should().Be(1);
    }

    [Fact]
    public async Task Cached_AsksTheModelOnceTheRecordIsUsedUp()
    {
        await RecordAsync(ScriptedChatClient.Answering("recorded"), chat => chat.GetResponseAsync("Say", cancellationToken: Token));
        await using var session = await _test.CachedAsync(ScriptedChatClient.Answering("asked"));
        var chat = session.GetChatClient(ReplayFixture.Model);

        var first = await chat.GetResponseAsync("Say", cancellationToken: Token);
        var second = await chat.GetResponseAsync("Say", cancellationToken: Token);

        (first.Text, second.Text).Should().Be(("recorded", "asked"));
    }

    [Fact]
    public async Task HistoryWithAnAnswerInPieces_IsFound_HoweverTheAnswerCame()
    {
        AIContent[] pieces =
        [
            new TextReasoningContent("First. "),
            new TextReasoningContent("Then."),
            new TextContent("A"),
            new TextContent("B"),
        ];
        await RecordAsync(
            ScriptedChatClient.Answering("Done"),
            chat =>
                chat.GetResponseAsync(
                    [new(ChatRole.User, "Think"), new(ChatRole.Assistant, [.. pieces]), new(ChatRole.User, "Go on")],
                    cancellationToken: Token
                )
        );
        await using var session = await _test.OnlyAsync();

        var answer = await session
            .GetChatClient(ReplayFixture.Model)
            .GetResponseAsync(
                [
                    new(ChatRole.User, "Think"),
                    new(ChatRole.Assistant, [new TextReasoningContent("First. Then."), new TextContent("AB")]),
                    new(ChatRole.User, "Go on"),
                ],
                cancellationToken: Token
            );

        answer.Text.Should().Be("Done");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolLoop_RunsItsToolsAgain_WhateverTheIdsOfItsCalls(bool streaming)
    {
        var calls = 0;
        var tool = Tools.Counting(() => calls++);
        var options = new ChatOptions { Tools = [tool], ToolMode = ChatToolMode.RequireAny };
        await RecordAsync(AskingOnce("call-7f3a"), chat => chat.GetResponseAsync("How is it?", options, Token));
        var first = await _test.OnlyAsync();
        await AskAsync(first, options, streaming);
        await first.DisposeAsync();
        calls = 0;
        await using var session = await _test.OnlyAsync();

        var answer = await AskAsync(session, options, streaming);

        answer.Text.Should().Be("It is sunny");
        calls.Should().Be(1);
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Attempts.Select(attempt => attempt.ReplayedFrom!.ModelCall).Should().Equal(1, 2);
        response.ToolCalls.Should().ContainSingle().Which.ModelCall.Should().Be(1);
        (await session.GetSummaryAsync(Token)).Replayed.Should().Be(2);
    }

    [Fact]
    public async Task ToolThatReturnsSomethingElse_IsAMissOfTheNextModelCall()
    {
        await RecordAsync(
            AskingOnce("call-1"),
            chat => chat.GetResponseAsync("How is it?", new() { Tools = [AIFunctionFactory.Create(() => "sunny", "weather")] }, Token)
        );
        await using var session = await _test.OnlyAsync();

        var ask = () => AskAsync(session, new() { Tools = [AIFunctionFactory.Create(() => "sundown", "weather")] }, streaming: false);

        var miss = (await ask.Should().ThrowAsync<ReplayMissException>()).Which;
        miss.Nearest!.ModelCall.Should().Be(2);
        miss.Difference!.Place.Should().StartWith("message 3, content 1, character ");
        miss.Difference.Expected.Should().Contain("sunny");
        miss.Difference.Actual.Should().Contain("sundown");
    }

    [Fact]
    public async Task ClientOfTheCallersOwn_IsAnsweredAsAWhole()
    {
        var calls = 0;
        var options = new ChatOptions { Tools = [Tools.Counting(() => calls++)] };
        using var recorded = new FunctionInvokingChatClient(AskingOnce("call-1"));
        await using (var session = await _test.RecordAsync(ScriptedChatClient.Answering("")))
            await session.Track(recorded, "first/large").GetResponseAsync("How is it?", options, Token);
        var failing = ScriptedChatClient.Failing(new InvalidOperationException("It was called."));
        await using var replay = await _test.OnlyAsync();

        var answer = await replay.Track(failing, "first/large").GetResponseAsync("How is it?", options, Token);

        answer.Text.Should().Be("It is sunny");
        answer.Messages.Should().HaveCount(3);
        calls.Should().Be(1, "the tool is in the answer");
        failing.Requests.Should().BeEmpty();
        var response = await replay.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Attempts.Should().ContainSingle().Which.ReplayedFrom!.ModelCall.Should().Be(0);
    }

    [Fact]
    public async Task Conversation_IsReplayedTurnByTurn()
    {
        await using (var recorded = await _test.RecordAsync(ScriptedChatClient.InTurn("Hello Ada.", "Ada.", "Bye.")))
            await TalkAsync(recorded);
        await using var session = await _test.OnlyAsync();

        var answers = await TalkAsync(session);

        answers.Should().Equal("Hello Ada.", "Ada.", "Bye.");
        (await session.GetSummaryAsync(Token)).Conversations.Messages.Should().Be(6);

        static async Task<List<string>> TalkAsync(Session session)
        {
            var talk = session.Conversation("talk");
            var answers = new List<string>();
            foreach (var text in new[] { "I am Ada.", "Who am I?", "Bye." })
                answers.Add((await talk.SendAsync(text, cancellationToken: Token)).Text);
            return answers;
        }
    }

    [Fact]
    public async Task ParallelSteps_EachGetTheirOwnAnswers()
    {
        var turn = 0;
        var client = new ScriptedChatClient(
            (_, _, token) => ScriptedChatClient.UpdatesAsync([$"answer {Interlocked.Increment(ref turn)}"], null, token)
        );
        string[] items = ["a", "b", "c", "d", "e", "f", "g", "h"];
        List<string> recorded;
        await using (var session = await _test.RecordAsync(client))
            recorded = await MapAsync(session);
        await using var replay = await _test.OnlyAsync();

        var replayed = await MapAsync(replay);

        replayed.Should().Equal(recorded);
        replay.Steps.RunCount.Should().Be(8);

        async Task<List<string>> MapAsync(Session session)
        {
            var chat = session.GetChatClient(ReplayFixture.Model);
            return await session
                .MapAsync(
                    "ask",
                    items,
                    async (_, token) =>
                        (await chat.GetResponseAsync("The same", cancellationToken: token)).Text
                        + (await chat.GetResponseAsync("The same", cancellationToken: token)).Text,
                    new() { MaxConcurrency = 4 },
                    Token
                )
                .Select(result => result.Value)
                .ToListAsync(Token);
        }
    }

    [Fact]
    public async Task StepThatFailedAtFirst_IsReplayedAsItsLastAttemptWas()
    {
        await using (var session = await _test.RecordAsync(ScriptedChatClient.InTurn("bad", "good")))
            await AskAsync(session, "bad");
        await using var replay = await _test.OnlyAsync();

        var answer = await AskAsync(replay, "never");

        answer.Should().Be("good");

        static Task<string> AskAsync(Session session, string refused) =>
            session.StepAsync(
                "ask",
                ["input"],
                async token =>
                    (await session.GetChatClient(ReplayFixture.Model).GetResponseAsync("Try", cancellationToken: token)).Text is var text
                    && text != refused
                        ? text
                        : throw new InvalidOperationException("Refused."),
                new() { MaxAttempts = 2, RetryDelay = TimeSpan.Zero },
                Token
            );
    }

    [Fact]
    public async Task ReplayedAnswer_PassesAnExhaustedBudget()
    {
        await RecordAsync(ScriptedChatClient.Answering("free"), chat => chat.GetResponseAsync("Say", cancellationToken: Token));
        var client = ScriptedChatClient.Answering("paid");
        await using var session = await _test.OpenAsync(
            client,
            null,
            new()
            {
                ReplayFrom = "recorded",
                Budget = new() { MaxCalls = 0 },
            }
        );
        var chat = session.GetChatClient(ReplayFixture.Model);

        var answer = await chat.GetResponseAsync("Say", cancellationToken: Token);
        var tracked = await session.Track(client, ReplayFixture.Model).GetResponseAsync("Say", cancellationToken: Token);
        var other = () => chat.GetResponseAsync("Say more", cancellationToken: Token);

        answer.Text.Should().Be("free");
        tracked.Text.Should().Be("free");
        await other.Should().ThrowAsync<BudgetExceededException>();
    }

    [Fact]
    public async Task Image_CountsByItsContent()
    {
        ChatMessage Message(byte pixel) =>
            new(ChatRole.User, [new TextContent("What is it?"), new DataContent(new byte[] { 1, 2, pixel }, "image/png")]);
        await RecordAsync(ScriptedChatClient.Answering("A cat"), chat => chat.GetResponseAsync([Message(3)], cancellationToken: Token));
        await using var session = await _test.OnlyAsync();
        var chat = session.GetChatClient(ReplayFixture.Model);

        (await chat.GetResponseAsync([Message(3)], cancellationToken: Token)).Text.Should().Be("A cat");
        var other = () => chat.GetResponseAsync([Message(4)], cancellationToken: Token);

        (await other.Should().ThrowAsync<ReplayMissException>()).Which.Difference!.Place.Should().StartWith("message 1, content 2");
    }

    [Fact]
    public async Task Secret_IsMaskedBeforeRequestsAreCompared()
    {
        const string prompt = "Use sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ here";
        await RecordAsync(ScriptedChatClient.Answering("Done"), chat => chat.GetResponseAsync(prompt, cancellationToken: Token));
        await using var session = await _test.OnlyAsync();
        var chat = session.GetChatClient(ReplayFixture.Model);

        (await chat.GetResponseAsync(prompt, cancellationToken: Token)).Text.Should().Be("Done");
        var again = () => chat.GetResponseAsync(prompt + "!", cancellationToken: Token);

        (await again.Should().ThrowAsync<ReplayMissException>()).Which.Message.Should().NotContain("aaaabbbb");
    }

    [Fact]
    public async Task ReplayOfAReplay_Works()
    {
        await RecordAsync(ScriptedChatClient.Answering("Hello"), chat => chat.GetResponseAsync("Say", cancellationToken: Token));
        string id;
        await using (var first = await _test.OnlyAsync())
        {
            id = first.Id;
            await first.GetChatClient().GetResponseAsync("Say", cancellationToken: Token);
        }
        await using var second = await _test.OpenAsync(null, null, new() { ReplayFrom = id, Replay = ReplayMode.Only });

        var answer = await second.GetChatClient().GetResponseAsync("Say", cancellationToken: Token);

        answer.Text.Should().Be("Hello");
        answer.Usage!.OutputTokenCount.Should().Be(4, "it is what the answer took when a model gave it");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Embeddings_AreReplayedWhereTheirVectorsWereKept(bool keep)
    {
        string[] texts = ["one", "three"];
        var options = new EmbeddingGenerationOptions { Dimensions = 2 };
        await using (var session = await _test.RecordAsync(ScriptedChatClient.Answering("never"), ScriptedEmbeddings.OfLengths(), keep))
            await session.GetEmbeddingGenerator("first/vector").GenerateAsync(texts, options, Token);
        await using var replay = await _test.OnlyAsync();
        var generator = replay.GetEmbeddingGenerator("first/vector");

        var ask = () => generator.GenerateAsync(texts, options, Token);

        if (!keep)
        {
            (await ask.Should().ThrowAsync<ReplayMissException>()).Which.Message.Should().Contain("its vectors were not kept");
            return;
        }
        var vectors = await ask();
        vectors
            .Select(vector => vector.Vector.ToArray())
            .Should()
            .BeEquivalentTo([new float[] { 3, 1 }, [5, 1]], it => it.WithStrictOrdering());
        vectors.Usage!.InputTokenCount.Should().Be(2);
        (await replay.GetSummaryAsync(Token)).Tokens.Total.Should().Be(0);
    }

    private async Task RecordAsync(IChatClient client, Func<IChatClient, Task> ask)
    {
        await using var session = await _test.RecordAsync(client);
        await ask(session.GetChatClient(ReplayFixture.Model));
    }

    private static async Task<ChatResponse> AskAsync(Session session, ChatOptions options, bool streaming)
    {
        var chat = session.GetChatClient(ReplayFixture.Model);
        return streaming
            ? await chat.GetStreamingResponseAsync("How is it?", options, Token).ToChatResponseAsync(Token)
            : await chat.GetResponseAsync("How is it?", options, Token);
    }

    /// <summary>Asks for the weather, and answers once it has it.</summary>
    private static ScriptedChatClient AskingOnce(string callId) =>
        new(
            (messages, _, token) =>
                messages[^1].Role == ChatRole.Tool ? ScriptedChatClient.UpdatesAsync(["It is ", "sunny"], null, token) : CallAsync(callId)
        );

    private static async IAsyncEnumerable<ChatResponseUpdate> CallAsync(string callId)
    {
        await Task.Yield();
        yield return new(ChatRole.Assistant, [new FunctionCallContent(callId, "weather", new Dictionary<string, object?>())])
        {
            FinishReason = ChatFinishReason.ToolCalls,
        };
    }
}
