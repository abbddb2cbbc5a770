using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dossier.Tests.Sessions;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Providers;

/// <summary>The table of docs/providers.md against the wire: what of a call's options each vendor is sent.</summary>
public sealed partial class ChatOptionsTests
{
    private static readonly AIFunction s_tool = AIFunctionFactory.Create(() => "sunny", "get_weather");

    private static readonly Dictionary<string, Action<ChatOptions>> s_options = new()
    {
        ["ConversationId"] = o => o.ConversationId = "c",
        ["Instructions"] = o => o.Instructions = "Be brief.",
        ["Temperature"] = o => o.Temperature = 0.5f,
        ["MaxOutputTokens"] = o => o.MaxOutputTokens = 77,
        ["TopP"] = o => o.TopP = 0.25f,
        ["TopK"] = o => o.TopK = 7,
        ["FrequencyPenalty"] = o => o.FrequencyPenalty = 0.5f,
        ["PresencePenalty"] = o => o.PresencePenalty = 0.5f,
        ["Seed"] = o => o.Seed = 4711,
        ["Reasoning"] = o => o.Reasoning = new() { Effort = ReasoningEffort.Medium },
        ["ResponseFormat (JSON)"] = o => o.ResponseFormat = ChatResponseFormat.Json,
        ["ResponseFormat (schema)"] = o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema<City>(),
        ["ModelId"] = o => o.ModelId = "other",
        ["StopSequences"] = o => o.StopSequences = ["END"],
        ["Tools"] = o => o.Tools = [s_tool],
        ["ToolMode"] = o => (o.Tools, o.ToolMode) = ([s_tool], ChatToolMode.RequireAny),
        ["AllowMultipleToolCalls"] = o => (o.Tools, o.AllowMultipleToolCalls) = ([s_tool], false),
        ["AdditionalProperties"] = o => o.AdditionalProperties = new() { ["mirostat"] = 1 },
#pragma warning disable MEAI001 // experimental
        ["AllowBackgroundResponses"] = o => o.AllowBackgroundResponses = true,
        ["ContinuationToken"] = o => o.ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }),
#pragma warning restore MEAI001
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One row for each cell of the table.</summary>
    public static IEnumerable<TheoryDataRow<string, string, string>> Cells() =>
        from Match row in Row().Matches(File.ReadAllText(Repository.PathOf("docs/providers.md")))
        from vendor in WireVendor.Names
        select new TheoryDataRow<string, string, string>(
            vendor.Data,
            row.Groups["option"].Value + row.Groups["kind"].Value,
            row.Groups[vendor.Data].Value.Trim()
        );

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Option_IsSentAsTheTableSays(string vendor, string option, string cell)
    {
        await using var test = await OpenAsync(vendor);
        var options = new ChatOptions();
        s_options[option](options);
        test.Session.Conversation("c"); // which the options may name

        await test.Chat.GetResponseAsync("Hi", options, Token);

        var sent = Names(JsonNode.Parse(test.Server.Requests.Single().Body)!);
        Member().Matches(cell).Select(match => match.Groups["name"].Value).Except(sent).Should().BeEmpty();
        var response = await test.OnlyResponseAsync();
        var isUnsent = cell.StartsWith("not sent", StringComparison.Ordinal);
        response.Attempts.Single().UnsentOptions.Should().Equal(isUnsent ? [option.Split(' ')[0]] : []);
        test.Log.GetSnapshot().Count(entry => entry.Id.Name == "OptionsUnsent").Should().Be(isUnsent ? 1 : 0);
    }

    [Fact]
    public void Table_HasEveryOption()
    {
        var listed = Cells().Select(row => row.Data.Item2.Split(' ')[0]).Append(nameof(ChatOptions.RawRepresentationFactory));

        listed.Distinct().Should().BeEquivalentTo(typeof(ChatOptions).GetProperties().Select(property => property.Name));
    }

    [Theory]
    [InlineData("claude-opus-4-7", "Temperature, TopK, TopP")]
    [InlineData("claude-sonnet-5", "Temperature, TopK, TopP")]
    [InlineData("claude-fable-5-1", "Temperature, TopK, TopP")]
    [InlineData("claude-sonnet-4-5-20250929", "TopP")]
    [InlineData("claude-sonnet-4-20250514", "")]
    [InlineData("claude-3-7-sonnet-20250219", "")]
    [InlineData("a-model-behind-a-gateway", "")]
    public void SamplingThatAClaudeModelRefuses_IsNotSentToIt(string model, string unsent)
    {
        var options = new ChatOptions
        {
            Temperature = 0.5f,
            TopP = 0.9f,
            TopK = 5,
        };

        string.Join(", ", Unsent(model, options)).Should().Be(unsent);
    }

    [Fact]
    public void SamplingWhileAModelThinks_IsNotSent()
    {
        var options = new ChatOptions
        {
            Temperature = 0.5f,
            TopP = 0.96f,
            TopK = 5,
            Reasoning = new() { Effort = ReasoningEffort.Low },
        };

        Unsent("claude-sonnet-4-5", options).Should().Equal("Temperature", "TopK");
    }

    [Fact]
    public async Task Temperature_GoesToAnthropicWithTheVersionThatKnowsIt()
    {
        await using var test = await OpenAsync("anthropic");

        await test.Chat.GetResponseAsync("Hi", new() { TopK = 5 }, Token);

        test.Server.Requests.Single().Header("anthropic-version").Should().Be("2023-06-01");
    }

    [Fact]
    public async Task OptionThatTheModelRefuses_IsLeftOut_AndWarnedOfOnce()
    {
        await using var test = await OpenAsync(
            "openai",
            options =>
                options.Models = new([
                    new()
                    {
                        Provider = "openai",
                        Id = WireSession.Model,
                        Temperature = Support.No,
                        Penalties = Support.No,
                    },
                ])
        );
        test.Server.Reply(WireVendor.OpenAI.Answer("Hello."));
        var options = new ChatOptions
        {
            Temperature = 0.5f,
            PresencePenalty = 1,
            TopP = 0.5f,
        };

        await test.Chat.GetResponseAsync("Hi", options, Token);
        await test.Chat.GetResponseAsync("Hi", options, Token);

        var body = test.Server.Requests[0].Body;
        body.Should().Contain("\"top_p\":0.5").And.NotContain("temperature").And.NotContain("presence_penalty");
        options.Temperature.Should().Be(0.5f, "the caller's options are the caller's");
        var responses = await test.Session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token);
        responses.Should().AllSatisfy(it => it.Attempts.Single().UnsentOptions.Should().Equal("Temperature", "PresencePenalty"));
        var warning = test.Log.GetSnapshot().Should().ContainSingle(entry => entry.Id.Name == "OptionsUnsent").Subject;
        warning.Message.Should().Contain("openai/gpt-test does not take Temperature, PresencePenalty");
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8192}")]
    [InlineData("claude-sonnet-5", "\"thinking\":{\"type\":\"adaptive\"")]
    public async Task Reasoning_IsAskedForAsTheClaudeModelTakesIt(string model, string thinking)
    {
        await using var test = await OpenAsync("anthropic");

        await test
            .Session.GetChatClient(model, "anthropic")
            .GetResponseAsync("Hi", new() { Reasoning = new() { Effort = ReasoningEffort.Medium } }, Token);

        test.Server.Requests.Single().Body.Should().Contain(thinking).And.Contain("\"max_tokens\":16384");
    }

    [Fact]
    public async Task OutputWithoutABound_IsRecordedAndHeldAtTheProvidersDefault()
    {
        // 8,192 tokens of output cost 0.08192 USD, the 128,000 of the model 1.28.
        await using var test = await OpenAsync("anthropic", options => options.Budget = new() { MaxCost = 0.1m });
        var chat = test.Session.GetChatClient("claude-sonnet-5");

        var estimate = await test.Session.EstimateAsync([new(ChatRole.User, "Hi")], model: "claude-sonnet-5", cancellationToken: Token);
        await chat.GetResponseAsync("Hi", cancellationToken: Token);

        estimate.MaxOutputTokens.Should().Be(8192);
        estimate.Budget.Should().Be(BudgetVerdict.Fits);
        test.Server.Requests.Single().Body.Should().Contain("\"max_tokens\":8192");
        (await test.OnlyResponseAsync()).Attempts.Single().OutputCap.Should().Be(8192);
    }

    [Fact]
    public async Task OutputThatTheBudgetCaps_IsRecordedWithTheBudgetsCap()
    {
        await using var test = await OpenAsync("anthropic", options => options.Budget = new() { MaxTokensPerCall = 1000 });

        await test.Session.GetChatClient("claude-sonnet-5").GetResponseAsync("Hi", cancellationToken: Token);

        var cap = (await test.OnlyResponseAsync()).Attempts.Single().OutputCap;
        cap.Should().BeInRange(900, 999);
        test.Server.Requests.Single().Body.Should().Contain($"\"max_tokens\":{cap}");
    }

    [Fact]
    public async Task OutputThatTheCallerBounds_HasNoOtherCap()
    {
        await using var test = await OpenAsync("anthropic");

        await test.Chat.GetResponseAsync("Hi", new() { MaxOutputTokens = 10 }, Token);

        (await test.OnlyResponseAsync()).Attempts.Single().OutputCap.Should().BeNull();
    }

    public static TheoryData<string, Func<object>, string> RawParameters { get; } =
        new()
        {
            {
                "openai",
                () =>
                    new OpenAI.Chat.ChatCompletionOptions { MaxOutputTokenCount = 5000 },
                "\"max_completion_tokens\":20"
            },
            {
                "anthropic",
                () =>
                    new Anthropic.Models.Messages.MessageCreateParams
                    {
                        MaxTokens = 5000,
                        Messages = [],
                        Model = "test",
                    },
                "\"max_tokens\":20"
            },
            {
                "ollama",
                () =>
                    new OllamaSharp.Models.Chat.ChatRequest { Options = new() { NumPredict = 5000 } },
                "\"num_predict\":20"
            },
        };

    [Theory]
    [MemberData(nameof(RawParameters))]
    public async Task BoundOfTheOptions_HoldsBesideRawParameters(string vendor, Func<object> raw, string sent)
    {
        await using var test = await OpenAsync(vendor);
        var options = new ChatOptions { MaxOutputTokens = 20, RawRepresentationFactory = _ => raw() };

        await test.Chat.GetResponseAsync("Hi", options, Token);

        test.Server.Requests.Single().Body.Should().Contain(sent).And.NotContain("5000");
    }

    [Theory]
    [InlineData("num_predict", 5000)]
    [InlineData("num_predict", -1)]
    [InlineData("max_output_tokens", 5000)]
    public async Task BoundOfTheOptions_HoldsBesideOllamasOwn(string name, int given)
    {
        await using var test = await OpenAsync("ollama");
        var options = new ChatOptions
        {
            MaxOutputTokens = 20,
            AdditionalProperties = new() { [name] = given },
        };

        await test.Chat.GetResponseAsync("Hi", options, Token);

        test.Server.Requests.Single().Body.Should().Contain("\"num_predict\":20");
        options.AdditionalProperties.Should().ContainKey(name, "the caller's options are the caller's");
    }

    [Fact]
    public async Task RawParametersWithoutABound_AreGivenTheOptions()
    {
        await using var test = await OpenAsync("ollama");
        var options = new ChatOptions
        {
            MaxOutputTokens = 20,
            RawRepresentationFactory = _ => new OllamaSharp.Models.Chat.ChatRequest { Options = new() { NumPredict = -1 } },
        };

        await test.Chat.GetResponseAsync("Hi", options, Token);

        test.Server.Requests.Single().Body.Should().Contain("\"num_predict\":20");
    }

    private static IReadOnlyList<string> Unsent(string model, ChatOptions options) =>
        WireVendor.Anthropic.Provider.GetUnsentOptions(model, VendorClient.Connection("anthropic", new ProviderOptions()), options);

    private static async Task<WireSession> OpenAsync(string vendor, Action<SessionOptions>? configure = null)
    {
        var test = await WireSession.OpenAsync(vendor: WireVendor.Of(vendor), configure: configure);
        test.Server.Reply(WireVendor.Of(vendor).Answer("Hello."));
        return test;
    }

    /// <summary>The names of all members, those of objects inside as <c>outer.inner</c> and by themselves.</summary>
    private static IEnumerable<string> Names(JsonNode node) =>
        node switch
        {
            JsonObject members => members.SelectMany(member =>
                Names(member.Value ?? "").SelectMany(inner => new[] { $"{member.Key}.{inner}" }).Append(member.Key)
            ),
            JsonArray items => items.SelectMany(item => Names(item!)),
            _ => [],
        };

    public sealed record City(string Name);

    [GeneratedRegex(
        @"^\| `(?<option>[A-Z][A-Za-z]+)`(?<kind> \([a-zA-Z]+\))? \|(?<openai>[^|]+)\|(?<anthropic>[^|]+)\|(?<ollama>[^|]+)\|$",
        RegexOptions.Multiline
    )]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Member();
}
