using Dossier.Storage;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Sessions;

/// <summary>What retries and fallbacks do with servers that fail, answer late or break off.</summary>
public sealed class ResilienceOverTheWireTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(529)]
    public async Task FailingServer_IsAskedAgain(int status)
    {
        await using var test = await OpenAsync();
        test.Server.Reply(OpenAIWire.Error(status, "Not now.", "server_error", null), WireReply.Json(OpenAIWire.Completion("Good day.")));

        var answer = await test.Chat.GetResponseAsync("Hi", cancellationToken: Token);

        answer.Text.Should().Be("Good day.");
        test.Server.Requests.Should().HaveCount(2);
        test.Server.Requests[0].Body.Should().Be(test.Server.Requests[1].Body);
        var response = await test.OnlyResponseAsync();
        response
            .Attempts.Select(a => (a.Error?.StatusCode, a.Reason))
            .Should()
            .Equal((status, AttemptReason.First), (null, AttemptReason.Retry));
    }

    [Theory]
    [InlineData("Retry-After", "17", 17_000)]
    [InlineData("retry-after-ms", "1700", 1_700)]
    public async Task RetryAfter_IsHonoured(string header, string value, int milliseconds)
    {
        var time = new SkippingTime();
        await using var storage = new MemoryStorage(); // locks of files are not waited for on this clock
        await using var test = await OpenAsync(options =>
            (options.TimeProvider, options.Storage, options.StoragePath) = (time, storage, null)
        );
        test.Server.Reply(
            OpenAIWire.Error(429, "Slow down.", "requests", "rate_limit_exceeded", (header, value)),
            WireReply.Json(OpenAIWire.Completion("Good day."))
        );

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

    [Fact]
    public async Task CutAnswer_IsAskedAgain()
    {
        await using var test = await OpenAsync();
        test.Server.Reply(WireReply.CutJson("{\"id\":"), WireReply.Json(OpenAIWire.Completion("Good day.")));

        (await test.Chat.GetResponseAsync("Hi", cancellationToken: Token)).Text.Should().Be("Good day.");

        (await test.OnlyResponseAsync()).Attempts[0].Error!.Kind.Should().Be(ProviderErrorKind.StreamInterrupted);
    }

    [Fact]
    public async Task StreamCutBeforeItsFirstContent_IsAskedAgain()
    {
        await using var test = await OpenAsync();
        test.Server.Reply(OpenAIWire.CutStream(), OpenAIWire.Stream("Good ", "day."));

        var text = string.Concat(await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token));

        text.Should().Be("Good day.");
        test.Server.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task StreamCutAfterItsFirstContent_IsAnErrorWithItsPartialText()
    {
        await using var test = await OpenAsync();
        test.Server.Reply(OpenAIWire.CutStream("Half"));

        await Assert.ThrowsAsync<ProviderException>(async () =>
            await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token)
        );

        test.Server.Requests.Should().ContainSingle();
        var response = await test.OnlyResponseAsync();
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("Half");
        response.Attempts.Single().TimeToFirstToken.Should().NotBeNull();
    }

    [Fact]
    public async Task ServerThatSaysNothing_IsATimeoutAndIsAskedAgain()
    {
        await using var test = await OpenAsync(options => options.Resilience!.FirstTokenTimeout = TimeSpan.FromMilliseconds(200));
        test.Server.Reply(WireReply.StalledStream(), OpenAIWire.Stream("Good day."));

        var text = string.Concat(await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token));

        text.Should().Be("Good day.");
        (await test.OnlyResponseAsync()).Attempts[0].Error!.Kind.Should().Be(ProviderErrorKind.Timeout);
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

    private static Task<WireSession> OpenAsync(Action<SessionOptions>? configure = null) =>
        WireSession.OpenAsync(configure: options =>
        {
            options.Resilience = new() { BaseDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMinutes(1) };
            configure?.Invoke(options);
        });
}
