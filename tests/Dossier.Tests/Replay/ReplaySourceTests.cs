using Dossier.Storage;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Replay;

/// <summary>What can be replayed, by whom, and with what.</summary>
public sealed class ReplaySourceTests : IAsyncDisposable
{
    private readonly ReplayFixture _test = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task SessionThatIsNotThere_IsNotFound_AndNothingIsCreated()
    {
        var open = () => _test.OnlyAsync();

        (await open.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("There is no session 'recorded'");
        (await _test.Storage.Records.QuerySessionsAsync(new(), null, Token)).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task SessionInTheTrash_IsNotFound()
    {
        await using (var session = await _test.RecordAsync(ScriptedChatClient.Answering("never")))
            await session.Store.DeleteSessionAsync("recorded", Token);

        var open = () => _test.OnlyAsync();

        (await open.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("is in the trash");
    }

    [Theory]
    [InlineData("ada", null)]
    [InlineData("ada", "grace")]
    [InlineData(null, "grace")]
    public async Task SessionOfAnotherOwner_IsNotFound(string? owner, string? other)
    {
        await using (await _test.OpenAsync(null, null, new() { SessionId = "recorded", Owner = owner })) { }

        var open = () => _test.OpenAsync(null, null, new() { ReplayFrom = "recorded", Owner = other });

        (await open.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain("does not belong to the owner");
        await using var own = await _test.OpenAsync(null, null, new() { ReplayFrom = "recorded", Owner = owner });
    }

    [Fact]
    public async Task SessionIsNotReplayedIntoItself_NorWithoutASource()
    {
        var itself = () => _test.OpenAsync(null, null, new() { SessionId = "recorded", ReplayFrom = "recorded" });
        var nothing = () => _test.OpenAsync(null, null, new() { Replay = ReplayMode.Only });

        await itself.Should().ThrowAsync<ArgumentException>();
        (await nothing.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("SessionOptions.ReplayFrom");
    }

    [Fact]
    public async Task SessionWhoseTextsAreGone_CannotBeReplayed()
    {
        await using (var session = await _test.RecordAsync(ScriptedChatClient.Answering("never")))
        {
            var response = new TrackedResponse
            {
                Id = Identifiers.NewRecordId(DateTimeOffset.UnixEpoch),
                SessionId = "recorded",
                Provider = "first",
                RequestedModel = "large",
                StartedAt = DateTimeOffset.UnixEpoch,
                RequestMessages = [ContentDigest.Of("gone"u8)],
            };
            await _test.Storage.Records.CommitAsync(
                new()
                {
                    CommitId = Guid.CreateVersion7(),
                    SessionId = "recorded",
                    At = DateTimeOffset.UnixEpoch,
                    Responses = [response],
                },
                Token
            );
        }

        var open = () => _test.OnlyAsync();

        var refused = (await open.Should().ThrowAsync<ReplaySourceException>()).Which;
        refused.SourceId.Should().Be("recorded");
        refused.Message.Should().Contain("are not kept");
    }

    [Theory]
    [InlineData("first/large", null)]
    [InlineData("large", null)]
    [InlineData("large", "first")]
    [InlineData(null, null)]
    public async Task ModelThatNobodyKnowsAnyMore_IsReplayed(string? model, string? provider)
    {
        await using (var session = await _test.RecordAsync(ScriptedChatClient.Answering("Hello")))
            for (var i = 0; i < 2; i++)
                await session.GetChatClient().GetResponseAsync("Say", cancellationToken: Token);
        await using var replay = await _test.OnlyAsync();

        var answer = await replay.GetChatClient(model, provider).GetResponseAsync("Say", cancellationToken: Token);
        var chosen = await replay.GetChatClientFor(new() { MinContextTokens = 10 }).GetResponseAsync("Say", cancellationToken: Token);

        answer.Text.Should().Be("Hello");
        chosen.Text.Should().Be("Hello");
    }

    [Fact]
    public async Task CallThatGoesOutToAProviderThatIsNotConfigured_SaysSo()
    {
        await using (var session = await _test.RecordAsync(ScriptedChatClient.Answering("Hello")))
            await session.GetChatClient().GetResponseAsync("Say", cancellationToken: Token);
        await using var replay = await _test.OpenAsync(null, null, new() { ReplayFrom = "recorded" });
        var chat = replay.GetChatClient();

        (await chat.GetResponseAsync("Say", cancellationToken: Token)).Text.Should().Be("Hello");
        var other = () => chat.GetResponseAsync("Say more", cancellationToken: Token);

        (await other.Should().ThrowAsync<ModelResolutionException>()).Which.Message.Should().Contain("provider 'first' is not configured");
    }

    [Fact]
    public async Task Only_TouchesNoNetwork_AndNeedsNoKey()
    {
        var server = await WireServer.StartAsync();
        var endpoint = new Uri(server.Url, "v1");
        server.Reply(WireReply.Json(OpenAIWire.ToolCall("weather", "{}")), OpenAIWire.Stream("It is ", "sunny"), OpenAIWire.Stream("Bye"));
        var tool = AIFunctionFactory.Create(() => "sunny", "weather");
        SessionOptions Options(string? key) =>
            new()
            {
                Storage = _test.Storage,
                Model = "wire/gpt-test",
                Providers =
                {
                    ["wire"] = new() { Endpoint = endpoint, ApiKey = key },
                },
            };
        string recorded;
        var options = Options("sk-test");
        options.SessionId = "recorded";
        await using (var session = await Session.OpenAsync(options, Token))
            recorded = await AskAsync(session);
        // From here on, whoever connects is refused.
        await server.DisposeAsync();
        options = Options(null);
        (options.ReplayFrom, options.Replay) = ("recorded", ReplayMode.Only);
        await using var replay = await Session.OpenAsync(options, Token);

        var replayed = await AskAsync(replay);
        var miss = () => replay.GetChatClient().GetResponseAsync("Something else", cancellationToken: Token);

        replayed.Should().Be(recorded).And.Contain("sunny");
        await miss.Should().ThrowAsync<ReplayMissException>();
        (await replay.GetErrorReportAsync(Token)).ToString().Should().Contain("ReplayMiss").And.NotContain("Connection");

        async Task<string> AskAsync(Session session)
        {
            var chat = session.GetChatClient();
            var call = await chat.GetResponseAsync(
                "How is it?",
                new() { Tools = [AIFunctionFactory.CreateDeclaration("weather", null, tool.JsonSchema)] },
                Token
            );
            var asked = call.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Single();
            var result = new ChatMessage(ChatRole.Tool, [new FunctionResultContent(asked.CallId, "sunny")]);
            var answer = await chat.GetStreamingResponseAsync(
                    [new(ChatRole.User, "How is it?"), .. call.Messages, result],
                    cancellationToken: Token
                )
                .ToChatResponseAsync(Token);
            var bye = await chat.GetStreamingResponseAsync("Bye", cancellationToken: Token).ToChatResponseAsync(Token);
            return answer.Text + bye.Text;
        }
    }
}
