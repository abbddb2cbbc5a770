using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Replay;

/// <summary>What is said of a request that has no recorded answer.</summary>
public sealed class ReplayMissTests : IAsyncDisposable
{
    private const string Prompt = "You are an editor. Shorten what follows to one sentence, and keep the names in it.";

    private readonly ReplayFixture _test = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task EditedPrompt_ShowsWhereItFirstDiffers()
    {
        await RecordAsync();

        var miss = await MissAsync([new(ChatRole.System, Prompt), new(ChatRole.User, "Ada met Grace in the park.")], Options());

        miss.Model.Should().Be(ReplayFixture.Model);
        miss.SourceId.Should().Be("recorded");
        miss.Nearest!.ResponseId.Should().Be(await ResponseAsync(1));
        miss.Difference!.Place.Should().Be("message 2, content 1, character 22");
        miss.Difference.Expected.Should().Be("…da met Grace in the town.");
        miss.Difference.Actual.Should().Be("…da met Grace in the park.");
        miss.Message.Should().Contain("message 2, content 1, character 22: recorded is \"").And.EndWith("to let it go out.");
    }

    [Fact]
    public async Task Nearest_IsTheOneMostAlike()
    {
        await RecordAsync();

        var miss = await MissAsync(
            [new(ChatRole.System, Prompt), new(ChatRole.User, "Some more notes of Tuesday's meeting, revised.")],
            Options()
        );

        miss.Nearest!.ResponseId.Should().Be(await ResponseAsync(2));
    }

    [Theory]
    [InlineData(0.5f, 100, "option temperature, character 3")]
    [InlineData(0.2f, null, "option maxOutputTokens")]
    public async Task OtherOption_IsNamed(float temperature, int? tokens, string place)
    {
        await RecordAsync();

        var miss = await MissAsync(
            [new(ChatRole.System, Prompt), new(ChatRole.User, "Ada met Grace in the town.")],
            new() { Temperature = temperature, MaxOutputTokens = tokens }
        );

        miss.Difference!.Place.Should().Be(place);
    }

    [Fact]
    public async Task OtherSchemaOfATool_IsShown()
    {
        var before = new ChatOptions { Tools = [AIFunctionFactory.Create((string place) => place, "weather")] };
        var after = new ChatOptions { Tools = [AIFunctionFactory.Create((string place, int days) => place + days, "weather")] };
        await using (var session = await _test.RecordAsync(ScriptedChatClient.Answering("Sunny")))
            await session.GetChatClient(ReplayFixture.Model).GetResponseAsync("Now?", before, Token);

        var miss = await MissAsync([new(ChatRole.User, "Now?")], after);

        miss.Difference!.Place.Should().StartWith("tool 'weather', character ");
        miss.Difference.Actual.Should().Contain("days");
    }

    [Fact]
    public async Task OtherModel_IsNamed()
    {
        await RecordAsync();
        await using var session = await _test.OpenAsync(
            ScriptedChatClient.Answering("never"),
            null,
            new() { ReplayFrom = "recorded", Replay = ReplayMode.Only }
        );

        var ask = () => session.GetChatClient("first/small").GetResponseAsync("Ada met Grace in the town.", Options(), Token);

        var difference = (await ask.Should().ThrowAsync<ReplayMissException>()).Which.Difference!;
        difference.Should().Be(new RequestDifference("model", "first/large", "first/small"));
    }

    [Fact]
    public async Task RequestThatFailed_IsNoAnswer_AndSaysSo()
    {
        await using (var session = await _test.RecordAsync(ScriptedChatClient.Failing(new InvalidOperationException("It broke."))))
        {
            var fails = () => session.GetChatClient(ReplayFixture.Model).GetResponseAsync("Say", cancellationToken: Token);
            await fails.Should().ThrowAsync<Exception>();
        }

        var miss = await MissAsync([new(ChatRole.User, "Say")], null);

        miss.Message.Should().Contain("The same request is recorded, but it ended without an answer");
    }

    [Fact]
    public async Task NothingRecorded_IsSaid()
    {
        await using (await _test.RecordAsync(ScriptedChatClient.Answering("never"))) { }
        await using var session = await _test.OpenAsync(
            ScriptedChatClient.Answering("never"),
            null,
            new() { ReplayFrom = "recorded", Replay = ReplayMode.Only }
        );

        var ask = () => session.GetChatClient(ReplayFixture.Model).GetResponseAsync("Say", cancellationToken: Token);

        (await ask.Should().ThrowAsync<ReplayMissException>()).Which.Message.Should().Contain("It is not recorded, nor is any other.");
    }

    [Fact]
    public async Task Miss_IsRecordedWithoutWhatWasSent()
    {
        await RecordAsync();
        await using var session = await _test.OnlyAsync();

        var ask = () =>
            session
                .GetChatClient(ReplayFixture.Model)
                .GetResponseAsync([new(ChatRole.System, Prompt), new(ChatRole.User, "Ada met nobody.")], Options(), Token);

        (await ask.Should().ThrowAsync<ReplayMissException>()).Which.Message.Should().Contain("nobody");
        var response = await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Message.Should().Contain("has no answer to this request").And.NotContain("Ada").And.NotContain("nobody");
        response.Attempts.Should().BeEmpty();
    }

    private static ChatOptions Options() => new() { Temperature = 0.2f, MaxOutputTokens = 100 };

    private async Task<ReplayMissException> MissAsync(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        await using var session = await _test.OnlyAsync();
        var ask = () => session.GetChatClient(ReplayFixture.Model).GetResponseAsync(messages, options, Token);
        return (await ask.Should().ThrowAsync<ReplayMissException>()).Which;
    }

    private async Task RecordAsync()
    {
        await using var session = await _test.RecordAsync(ScriptedChatClient.Answering("Short."));
        var chat = session.GetChatClient(ReplayFixture.Model);
        foreach (
            var text in new[] { "Notes of Monday's meeting.", "Ada met Grace in the town.", "Some notes of Tuesday's meeting, revised." }
        )
            await chat.GetResponseAsync([new(ChatRole.System, Prompt), new(ChatRole.User, text)], Options(), Token);
    }

    private async Task<string> ResponseAsync(int index)
    {
        var page = await _test.Storage.Records.QueryResponsesAsync("recorded", new(), null, Token);
        return page.Items[index].Id;
    }
}
