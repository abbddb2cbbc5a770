using Dossier.Storage;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Sessions;

/// <summary>What retries and fallbacks do with servers that fail, answer late or break off.</summary>
public sealed class ResilienceOverTheWireTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Vendors => WireVendor.Names;

    public static TheoryData<string, int> Statuses => new MatrixTheoryData<string, int>([.. Names], [429, 500, 503, 529]);

    private static IEnumerable<string> Names => Vendors.Select(row => row.Data);

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task FailingServer_IsAskedAgain(string name, int status)
    {
        var vendor = WireVendor.Of(name);
        await using var test = await OpenAsync(vendor);
        test.Server.Reply(vendor.Failure(status, []), vendor.Answer("Good day."));

        var answer = await test.Chat.GetResponseAsync("Hi", cancellationToken: Token);

        answer.Text.Should().Be("Good day.");
        test.Server.Requests.Should().HaveCount(2);
        test.Server.Requests[0].Body.Should().Be(test.Server.Requests[1].Body);
        var response = await test.OnlyResponseAsync();
        response
            .Attempts.Select(a => (a.Error?.StatusCode, a.Reason))
            .Should()
            .Equal((status, AttemptReason.First), (null, AttemptReason.Retry));
        response.Attempts.Select(a => a.Usage).Should().Equal(null, vendor.Usage);
        response.Usage.Should().Be(vendor.Usage);
    }

    [Theory]
    [InlineData("openai", "Retry-After", "17", 17_000)]
    [InlineData("openai", "retry-after-ms", "1700", 1_700)]
    [InlineData("anthropic", "Retry-After", "17", 17_000)]
    [InlineData("ollama", "Retry-After", "17", 17_000)]
    public async Task RetryAfter_IsHonoured(string name, string header, string value, int milliseconds)
    {
        var vendor = WireVendor.Of(name);
        var time = new SkippingTime();
        await using var storage = new MemoryStorage(); // locks of files are not waited for on this clock
        await using var test = await OpenAsync(
            vendor,
            options =>
            {
                (options.TimeProvider, options.Storage, options.StoragePath) = (time, storage, null);
                // On this clock a time limit is over at once.
                options.Providers[name].Implementation = new WithoutTimeLimit(vendor.Provider);
            }
        );
        test.Server.Reply(vendor.Failure(429, [(header, value)]), vendor.Answer("Good day."));

        await test.Chat.GetResponseAsync("Hi", cancellationToken: Token);

        (await test.OnlyResponseAsync()).Attempts[1].Wait.Should().Be(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Fact]
    public async Task UsedUpQuota_IsNotAskedAgain()
    {
        await using var test = await OpenAsync();
        test.Server.Reply(OpenAIWire.QuotaUsedUp());

        await Assert.ThrowsAsync<ProviderException>(() => test.Chat.GetResponseAsync("Hi", cancellationToken: Token));

        test.Server.Requests.Should().ContainSingle();
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task CutAnswer_IsAskedAgain(string name)
    {
        var vendor = WireVendor.Of(name);
        await using var test = await OpenAsync(vendor);
        test.Server.Reply(WireReply.CutJson("{\"id\":"), vendor.Answer("Good day."));

        (await test.Chat.GetResponseAsync("Hi", cancellationToken: Token)).Text.Should().Be("Good day.");

        (await test.OnlyResponseAsync()).Attempts[0].Error!.Kind.Should().Be(ProviderErrorKind.StreamInterrupted);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task StreamCutBeforeItsFirstContent_IsAskedAgain(string name)
    {
        var vendor = WireVendor.Of(name);
        await using var test = await OpenAsync(vendor);
        test.Server.Reply(vendor.CutStream([]), vendor.Stream(["Good ", "day."]));

        var text = string.Concat(await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token));

        text.Should().Be("Good day.");
        test.Server.Requests.Should().HaveCount(2);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task StreamCutAfterItsFirstContent_IsAnErrorWithItsPartialText_AndChargedAtItsWorst(string name)
    {
        var vendor = WireVendor.Of(name);
        await using var test = await OpenAsync(vendor, options => options.Budget = new() { MaxTokens = 1_000 });
        test.Server.Reply(vendor.CutStream(["Half"]));

        await Assert.ThrowsAsync<ProviderException>(async () =>
            await test.Chat.GetStreamingResponseAsync("Hi", new() { MaxOutputTokens = 100 }, Token).ToListAsync(Token)
        );

        test.Server.Requests.Should().ContainSingle();
        var response = await test.OnlyResponseAsync();
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("Half");
        var attempt = response.Attempts.Single();
        attempt.TimeToFirstToken.Should().NotBeNull();
        attempt.Usage.Should().BeNull("nobody said what it took");
        var status = await test.Session.Budget.GetStatusAsync(Token);
        status.Settled.Tokens.Should().BeInRange(101, 130);
        status.Held.Tokens.Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task ServerThatSaysNothing_IsATimeoutAndIsAskedAgain(string name)
    {
        var vendor = WireVendor.Of(name);
        await using var test = await OpenAsync(vendor, options => options.Resilience!.FirstTokenTimeout = TimeSpan.FromMilliseconds(500));
        test.Server.Reply(vendor.StalledStream([]), vendor.Stream(["Good day."]));

        var text = string.Concat(await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token));

        text.Should().Be("Good day.");
        (await test.OnlyResponseAsync()).Attempts[0].Error!.Kind.Should().Be(ProviderErrorKind.Timeout);
    }

    [Theory]
    [InlineData("anthropic", "openai")]
    [InlineData("openai", "anthropic")]
    [InlineData("anthropic", "ollama")]
    public async Task OverloadedProvider_IsStoodInForByOneOfAnotherProtocol(string first, string second)
    {
        var (vendor, other) = (WireVendor.Of(first), WireVendor.Of(second));
        await using var standIn = await WireServer.StartAsync();
        standIn.Reply(other.Stream(["From the ", "other one."]));
        await using var test = await OpenAsync(
            vendor,
            options =>
            {
                options.Providers[second] = new() { Endpoint = new(standIn.Url, other.Path), ApiKey = "planted-key-of-the-second" };
                options.Fallbacks = [$"{second}/stand-in"];
                options.Resilience!.MaxRetries = 0;
            }
        );
        test.Server.Reply(vendor.Failure(529, []));

        var text = string.Concat(await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token));

        text.Should().Be("From the other one.");
        standIn.Requests.Single().Body.Should().Contain("\"model\":\"stand-in\"");
        var response = await test.OnlyResponseAsync();
        (response.Provider, response.ServedProvider).Should().Be((first, second));
        response
            .Attempts.Select(a => (a.Provider, a.Reason, a.Error?.Kind))
            .Should()
            .Equal((first, AttemptReason.First, ProviderErrorKind.Overloaded), (second, AttemptReason.Fallback, null));
        response.Usage.Should().Be(other.Usage);
    }

    [Fact]
    public async Task Fallback_GetsItsOwnKeyAndNotTheFirstOnes()
    {
        await using var other = await WireServer.StartAsync();
        other.Reply(WireReply.Json(OpenAIWire.Completion("From the other one.")));
        await using var test = await OpenAsync(options =>
        {
            options.ApiKey = "planted-key-of-the-first-4711";
            options.Providers["openai"].ApiKey = null;
            options.Providers["other"] = new() { Endpoint = new(other.Url, "v1") };
            options.Fallbacks = ["other/gpt-other"];
            options.Resilience!.MaxRetries = 0;
        });
        test.Server.Reply(OpenAIWire.ServerError());

        var answer = await test.Chat.GetResponseAsync("Hi", cancellationToken: Token);

        answer.Text.Should().Be("From the other one.");
        test.Server.Requests.Single().Header("Authorization").Should().Be("Bearer planted-key-of-the-first-4711");
        var request = other.Requests.Should().ContainSingle().Subject;
        request.Header("Authorization").Should().BeNull();
        request.Body.Should().Contain("\"model\":\"gpt-other\"");
        var response = await test.OnlyResponseAsync();
        response.ServedProvider.Should().Be("other");
        response.ServedModel.Should().Be("gpt-test-2026-01-01");
    }

    private static Task<WireSession> OpenAsync(Action<SessionOptions>? configure = null) => OpenAsync(null, configure);

    private static Task<WireSession> OpenAsync(WireVendor? vendor, Action<SessionOptions>? configure = null) =>
        WireSession.OpenAsync(
            vendor: vendor,
            configure: options =>
            {
                options.Resilience = new() { BaseDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMinutes(1) };
                configure?.Invoke(options);
            }
        );

    /// <summary>A provider whose clients watch another clock than the session.</summary>
    private sealed class WithoutTimeLimit(IModelProvider inner) : IModelProvider
    {
        public IChatClient CreateChatClient(string model, ProviderConnection connection) =>
            inner.CreateChatClient(model, connection with { TimeProvider = TimeProvider.System });

        public ProviderFailure? Classify(Exception exception) => inner.Classify(exception);
    }
}
