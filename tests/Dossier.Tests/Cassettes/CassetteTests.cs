using Microsoft.Extensions.AI;

namespace Dossier.Tests.Cassettes;

/// <summary>What is recorded is replayed, and what was replayed makes the same file.</summary>
public sealed class CassetteTests : IAsyncDisposable
{
    private readonly CassetteFixture _test = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Cassette_ReadsAsItIsDocumented()
    {
        var cassette = await RecordAsync(
            AskingOnce(),
            async session =>
            {
                var chat = session.GetChatClient();
                ChatMessage[] first =
                [
                    new(ChatRole.System, "You are brief.\nYou keep names. "),
                    new(ChatRole.User, "How is it in Rome?") { AuthorName = "Ada Lovelace" },
                ];
                var tool = AIFunctionFactory.Create((string city) => $"sunny in {city}", "weather", "The weather of a city.");
                var answer = await chat.GetResponseAsync(first, new() { Temperature = 0.2f, Tools = [tool] }, Token);
                await chat.GetResponseAsync([.. first, .. answer.Messages, new(ChatRole.User, "And?")], cancellationToken: Token);
            }
        );

        cassette
            .Should()
            .Be(
                """
                dossier cassette 1

                # chat first/large
                option temperature: 0.2
                tool:
                  {
                    "description": "The weather of a city.",
                    "name": "weather",
                    "schema": {
                      "properties": {
                        "city": {
                          "type": "string"
                        }
                      },
                      "required": [
                        "city"
                      ],
                      "type": "object"
                    }
                  }

                > system
                | You are brief.
                |"You keep names. "

                > user "Ada Lovelace"
                | How is it in Rome?

                < assistant
                call 1 weather: {"city":"Rome"}
                model: -
                usage: input 7, output 3

                < tool
                result 1: "sunny in Rome"

                < assistant
                | It is sunny
                model: script-1-2026-01-01
                usage: input 10, output 4
                finish: stop

                # chat first/large
                after: 1

                > user
                | And?

                < assistant
                | It is sunny
                model: script-1-2026-01-01
                usage: input 10, output 4
                finish: stop

                """.ReplaceLineEndings("\n")
            );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolLoopAndConversation_AreReplayed_AndMakeTheSameFile(bool streaming) =>
        await CheckAsync(
            AskingOnce(),
            async session =>
            {
                var tool = AIFunctionFactory.Create((string city) => $"sunny in {city}", "weather");
                var options = new ChatOptions
                {
                    Tools = [tool],
                    ToolMode = ChatToolMode.RequireAny,
                    Instructions = "Be brief.\n\nBe kind.",
                };
                var talk = session.Conversation("talk");
                var answer = streaming
                    ? await talk.AsChatClient().GetStreamingResponseAsync("How is it?", options, Token).ToChatResponseAsync(Token)
                    : await talk.SendAsync("How is it?", options, Token);
                var next = await talk.SendAsync("And tomorrow?", cancellationToken: Token);
                return answer.Text + next.Text + next.Usage!.OutputTokenCount;
            }
        );

    [Fact]
    public async Task ParallelStepsAndSamples_AreReplayed_AndMakeTheSameFile()
    {
        var turn = 0;
        var client = new ScriptedChatClient(
            (_, _, token) => ScriptedChatClient.UpdatesAsync([$"answer {Interlocked.Increment(ref turn)}"], null, token)
        );
        await CheckAsync(
            client,
            async session =>
            {
                var chat = session.GetChatClient();
                var parts = await session
                    .MapAsync(
                        "ask it",
                        Enumerable.Range(1, 12),
                        async (_, token) =>
                            (await chat.GetResponseAsync("The same", cancellationToken: token)).Text
                            + (await chat.GetResponseAsync("The same", cancellationToken: token)).Text,
                        new() { MaxConcurrency = 4 },
                        Token
                    )
                    .Select(result => result.Value)
                    .ToListAsync(Token);
                for (var i = 0; i < 3; i++)
                    parts.Add((await chat.GetResponseAsync("The same", cancellationToken: Token)).Text);
                return string.Join(' ', parts);
            }
        );
    }

    [Fact]
    public async Task Embeddings_AreReplayed_AndMakeTheSameFile() =>
        await CheckAsync(
            ScriptedChatClient.Answering("never"),
            async session =>
            {
                var vectors = await session
                    .GetEmbeddingGenerator("first/vector")
                    .GenerateAsync(["one", "three"], new() { Dimensions = 2 }, Token);
                return string.Join(' ', vectors.SelectMany(vector => vector.Vector.ToArray())) + vectors.Usage!.InputTokenCount;
            }
        );

    [Fact]
    public async Task ImageInAnAnswer_IsKeptWithItsBytes_AndInARequestByItsDigest()
    {
        var picture = new DataContent(Enumerable.Range(0, 200).Select(i => (byte)i).ToArray(), "image/png") { Name = "a cat.png" };
        var client = new ScriptedChatClient(
            (_, _, _) => AnswerAsync(new TextContent("Here:"), picture, new TextReasoningContent("Why"), new TextContent("Well?"))
        );

        var cassette = await CheckAsync(
            client,
            async session =>
            {
                var sent = new DataContent(new byte[] { 1, 2, 3 }, "image/gif");
                var answer = await session
                    .GetChatClient()
                    .GetResponseAsync([new ChatMessage(ChatRole.User, [new TextContent("Draw it"), sent])], cancellationToken: Token);
                var drawn = answer.Messages.SelectMany(message => message.Contents).OfType<DataContent>().Single();
                return drawn.Name + Convert.ToHexString(drawn.Data.Span) + answer.Text;
            }
        );

        cassette.Should().Contain("data image/gif sha256:").And.NotContain(Convert.ToBase64String([1, 2, 3]));
        cassette.Should().Contain("data image/png sha256:").And.Contain("\"a cat.png\"").And.Contain("\nbytes sha256:");
    }

    [Fact]
    public async Task FallbackAndClientOfTheCallersOwn_AreReplayed_AndMakeTheSameFile() =>
        await CheckAsync(
            ScriptedChatClient.Failing(new HttpRequestException("down", null, System.Net.HttpStatusCode.ServiceUnavailable)),
            async session =>
            {
                var answer = await session.GetChatClient(CassetteFixture.Model).GetResponseAsync("Say", cancellationToken: Token);
                var own = new FunctionInvokingChatClient(AskingOnce());
                var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string city) => $"sunny in {city}", "weather")] };
                var whole = await session.Track(own, "my own/model:1").GetResponseAsync("How is it?", options, Token);
                return answer.Text + answer.ModelId + whole.Text + whole.Messages.Count;
            },
            ScriptedChatClient.Answering("the other one")
        );

    [Fact]
    public async Task CallThatFailed_IsNoAnswer()
    {
        var turn = 0;
        var tool = AIFunctionFactory.Create((string city) => $"sunny in {city}", "weather");
        var client = new ScriptedChatClient(
            (_, _, token) => turn++ == 0 ? CallAsync() : throw new InvalidOperationException("It broke at 12:34, request 77.")
        );

        var cassette = await CheckAsync(
            client,
            async session =>
            {
                var chat = session.GetChatClient();
                var failed = 0;
                foreach (var text in new[] { "How is it?", "And now?" })
                    try
                    {
                        await chat.GetResponseAsync(text, new() { Tools = [tool] }, Token);
                    }
                    catch (Exception e) when (e is not OperationCanceledException)
                    {
                        failed++;
                    }
                return $"{failed}";
            }
        );

        cassette.Should().Contain("result 1: \"sunny in Rome\"\nno answer\n").And.EndWith("| And now?\nno answer\n").And.NotContain("77");
    }

    [Fact]
    public async Task EditedPrompt_IsAMissThatShowsTheLineAndTheFirstDifference()
    {
        var cassette = await RecordAsync(
            ScriptedChatClient.Answering("Done"),
            session => session.GetChatClient().GetResponseAsync("Ada met Grace in the town.", cancellationToken: Token)
        );
        await using var session = await CassetteFixture.OpenAsync(cassette);

        var ask = () => session.GetChatClient().GetResponseAsync("Ada met Grace in the park.", cancellationToken: Token);

        var miss = (await ask.Should().ThrowAsync<ReplayMissException>()).Which;
        miss.Difference!.Place.Should().Be("message 1, content 1, character 22");
        miss.Message.Should()
            .StartWith(
                "Cassette 'stream' has no answer to this request of first/large. It is not recorded; the nearest request is that of the call in line 3."
            )
            .And.Contain("recorded is \"…da met Grace in the town.\", the request has \"…da met Grace in the park.\"")
            .And.EndWith("Record it anew, with a key and the environment variable DOSSIER_CASSETTES set to record.");
    }

    [Fact]
    public async Task Key_IsMasked()
    {
        const string key = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";
        var cassette = await RecordAsync(
            ScriptedChatClient.Answering($"It is {key}"),
            session => session.GetChatClient().GetResponseAsync($"Use {key} here", new() { Instructions = key }, Token)
        );

        cassette.Should().NotContain("aaaabbbb").And.Contain("[masked]");
    }

    [Fact]
    public async Task SessionOfTheSameStore_IsAnsweredAsWell()
    {
        var cassette = await RecordAsync(
            ScriptedChatClient.Answering("Done"),
            session => session.GetChatClient().GetResponseAsync("Say", cancellationToken: Token)
        );
        await using var session = await CassetteFixture.OpenAsync(cassette);
        await using var other = await session.Store.OpenAsync(new() { Name = "other" }, Token);

        (await other.GetChatClient().GetResponseAsync("Say", cancellationToken: Token)).Text.Should().Be("Done");
    }

    [Fact]
    public async Task OddTextsAndNames_ComeBackAsTheyWere()
    {
        const string odd = "\n  two spaces\n\ttab \r\n| bar\n|\"quoted\"\n# no call\u2028\u202Eturned\u0000 end \n\n";
        await CheckAsync(
            new ScriptedChatClient((messages, _, token) => ScriptedChatClient.UpdatesAsync([messages[^1].Text], null, token)),
            async session =>
            {
                var options = new ChatOptions
                {
                    Instructions = odd,
                    AdditionalProperties = new() { ["a \"name\": of"] = odd, ["-"] = new[] { odd, "short" } },
                };
                var answer = await session
                    .GetChatClient("my model: 2/x", "first")
                    .GetResponseAsync(
                        [new ChatMessage(new ChatRole("odd role"), [new TextContent(""), new TextContent(odd)])],
                        options,
                        Token
                    );
                return answer.Text;
            }
        );
    }

    /// <summary>Records, replays and saves again.</summary>
    private async Task<string> CheckAsync(IChatClient client, Func<Session, Task<string>> work, IChatClient? fallback = null)
    {
        string cassette;
        string made;
        await using (var session = await _test.RecordAsync(client, fallback))
        {
            made = await work(session);
            cassette = await CassetteFixture.SaveAsync(session);
        }
        await using var replay = await CassetteFixture.OpenAsync(cassette);

        var replayed = await work(replay);

        replayed.Should().Be(made);
        (await CassetteFixture.SaveAsync(replay)).Should().Be(cassette);
        (await replay.GetSummaryAsync(Token)).Tokens.Total.Should().Be(0);
        return cassette;
    }

    private async Task<string> RecordAsync(IChatClient client, Func<Session, Task> work)
    {
        await using var session = await _test.RecordAsync(client);
        await work(session);
        return await CassetteFixture.SaveAsync(session);
    }

    /// <summary>Asks for the weather once.</summary>
    private static ScriptedChatClient AskingOnce() =>
        new(
            (messages, _, token) =>
                messages.Any(message => message.Role == ChatRole.Tool)
                    ? ScriptedChatClient.UpdatesAsync(["It is ", "sunny"], null, token)
                    : CallAsync()
        );

    private static async IAsyncEnumerable<ChatResponseUpdate> CallAsync()
    {
        await Task.Yield();
        var call = new FunctionCallContent(
            Guid.CreateVersion7().ToString(),
            "weather",
            new Dictionary<string, object?> { ["city"] = "Rome" }
        );
        yield return new(ChatRole.Assistant, [call, new UsageContent(new() { InputTokenCount = 7, OutputTokenCount = 3 })])
        {
            FinishReason = ChatFinishReason.ToolCalls,
        };
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(params AIContent[] contents)
    {
        await Task.Yield();
        foreach (var content in contents)
            yield return new(ChatRole.Assistant, [content]);
    }
}
