using System.Globalization;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Providers;

/// <summary>Each failure over the wire: what the provider says it means, and what the caller is told.</summary>
public sealed class OpenAIFailureTests
{
    private const string Key = "sk-secret-0123456789";

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly OpenAIProvider _provider = new(new FakeTimeProvider(Now));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WrongKey_SaysWhereTheKeyIsSetAndMasksItsEcho()
    {
        var exception = await FailUnclassifiedAsync(OpenAIWire.WrongKey(Key));

        exception.InnerException.Should().BeNull("the vendor's message has the key in it");
        exception.VendorType.Should().Be("System.ClientModel.ClientResultException");
        exception.ToString().Should().NotContain(Key);
        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.Authentication, 401));
        exception.IsTransient.Should().BeFalse();
        exception.Provider.Should().Be("openai");
        exception.Model.Should().Be("gpt-test");
        exception
            .Message.Should()
            .StartWith("The call to 'openai/gpt-test' failed: the key or sign-in was refused (HTTP 401).")
            .And.Contain("OPENAI_API_KEY")
            .And.Contain("Dossier:Providers:openai:ApiKey")
            .And.Contain("Incorrect API key provided: [masked].")
            .And.NotContain(Key);
    }

    [Fact]
    public async Task UnknownModel_SaysToCheckTheName()
    {
        var exception = await FailAsync(OpenAIWire.NoModel("gpt-test"));

        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.NotFound, 404));
        exception.Message.Should().Contain("(HTTP 404)").And.Contain("Check the model's name 'gpt-test'");
    }

    [Fact]
    public async Task TooManyRequests_SaysHowManySecondsToWait()
    {
        var exception = await FailAsync(OpenAIWire.TooManyRequests("20"));

        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.RateLimited, 429, IsTransient: true, TimeSpan.FromSeconds(20)));
        exception.Message.Should().Contain("(HTTP 429). Wait 20 s and try again.");
    }

    [Fact]
    public async Task TooManyRequestsUntilADate_WaitsFromNowUntilThen()
    {
        var exception = await FailAsync(OpenAIWire.TooManyRequests(Now.AddSeconds(90).ToString("R", CultureInfo.InvariantCulture)));

        exception.Failure.RetryAfter.Should().Be(TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task RetryAfterInMilliseconds_IsThePreciserOne()
    {
        var reply = OpenAIWire.Error(429, "Slow down.", "requests", null, ("Retry-After", "1"), ("retry-after-ms", "250"));

        var exception = await FailAsync(reply);

        exception.Failure.RetryAfter.Should().Be(TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public async Task QuotaUsedUp_IsNotTransient()
    {
        var exception = await FailAsync(OpenAIWire.QuotaUsedUp());

        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.QuotaExceeded, 429));
        exception.Message.Should().Contain("the quota is used up").And.Contain("billing");
    }

    [Fact]
    public async Task ServerError_IsTransient()
    {
        var exception = await FailAsync(OpenAIWire.ServerError());

        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.ServerError, 500, IsTransient: true));
        exception.Message.Should().Contain("(HTTP 500)").And.Contain("The server had an error.");
    }

    [Fact]
    public async Task StreamRefusedWith429_IsTheSameFailure()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(OpenAIWire.TooManyRequests("20"));
        using var client = Open(server);

        var act = async () => await client.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token);

        (await act.Should().ThrowAsync<ProviderException>())
            .Which.Failure.Should()
            .Be(new ProviderFailure(ProviderErrorKind.RateLimited, 429, IsTransient: true, TimeSpan.FromSeconds(20)));
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task NoAnswerInTime_SaysToRaiseTheTimeout()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Nothing());
        using var client = Open(server, TimeSpan.FromSeconds(1));

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        AssertClassified(exception, new(ProviderErrorKind.Timeout, IsTransient: true));
        exception.Message.Should().Contain("raise Dossier:Providers:openai:Timeout");
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task StreamThatStalls_TimesOutAfterWhatHadArrived()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.StalledStream(OpenAIWire.Chunk("Good")));
        using var client = Open(server, TimeSpan.FromSeconds(2));
        var texts = new List<string>();

        var act = () => ReadAsync(client, texts);

        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        AssertClassified(exception, new(ProviderErrorKind.Timeout, IsTransient: true));
        texts.Should().Equal("Good");
    }

    [Fact]
    public async Task StreamCutInTheMiddle_ThrowsAfterWhatHadArrived()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(OpenAIWire.CutStream("Good", " day"));
        using var client = Open(server);
        var texts = new List<string>();

        var act = () => ReadAsync(client, texts);

        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        AssertClassified(exception, new(ProviderErrorKind.StreamInterrupted, IsTransient: true));
        exception.Message.Should().Contain("the answer broke off").And.Contain("is kept");
        texts.Should().Equal("Good", " day");
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task StreamThatReportsAnError_ThrowsAfterWhatHadArrived()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Stream(OpenAIWire.Chunk("Good"), """{"error":{"message":"Out of memory.","code":500}}"""));
        using var client = Open(server);
        var texts = new List<string>();

        var act = () => ReadAsync(client, texts);

        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        AssertClassified(exception, new(ProviderErrorKind.StreamInterrupted, IsTransient: true));
        exception.Message.Should().Contain("Out of memory.");
        texts.Should().Equal("Good");
    }

    [Fact]
    public async Task AnswerThatIsNoJson_IsUnknown()
    {
        var exception = await FailUnclassifiedAsync(WireReply.Json("<html>"));

        exception.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.Unknown));
    }

    [Fact]
    public async Task AnswerCutInTheMiddle_IsInterrupted()
    {
        var exception = await FailAsync(WireReply.CutJson("""{"id":"chatcmpl-1","obj"""));

        AssertClassified(exception, new(ProviderErrorKind.StreamInterrupted, IsTransient: true));
    }

    [Fact]
    public async Task NobodyListens_IsAConnectionFailure()
    {
        using var client = Open(new Uri("http://127.0.0.1:1/v1"), timeout: null);

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        AssertClassified(exception, new(ProviderErrorKind.Connection, IsTransient: true));
        exception.Message.Should().Contain("Dossier:Providers:openai:Endpoint");
    }

    [Fact]
    public async Task CallersCancellation_PassesUnchanged()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.Nothing());
        using var client = Open(server);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var call = client.GetResponseAsync("Hi", cancellationToken: cancellation.Token);
        await server.ArrivalAsync();

        await cancellation.CancelAsync();

        var act = () => call;
        await act.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task CallersCancellationOfAStream_PassesUnchanged()
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(WireReply.StalledStream(OpenAIWire.Chunk("Good")));
        using var client = Open(server);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var updates = client.GetStreamingResponseAsync("Hi", cancellationToken: cancellation.Token).GetAsyncEnumerator(Token);
        await updates.MoveNextAsync();

        await cancellation.CancelAsync();

        var act = async () => await updates.MoveNextAsync();
        await act.Should().ThrowAsync<OperationCanceledException>();
    }

    private async Task<ProviderException> FailAsync(WireReply reply)
    {
        var exception = await FailUnclassifiedAsync(reply);
        AssertClassified(exception, exception.Failure);
        return exception;
    }

    private async Task<ProviderException> FailUnclassifiedAsync(WireReply reply)
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(reply);
        using var client = Open(server);
        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);
        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        server.Requests.Should().ContainSingle("the vendor's own retries are off");
        return exception;
    }

    private void AssertClassified(ProviderException exception, ProviderFailure expected)
    {
        exception.Failure.Should().Be(expected);
        (_provider.Classify(exception.InnerException!) ?? HttpFailures.Classify(exception.InnerException!))
            .Should()
            .Be(expected, "this is what the vendor's own exception says");
    }

    private static async Task ReadAsync(IChatClient client, List<string> texts)
    {
        await foreach (var update in client.GetStreamingResponseAsync("Hi", cancellationToken: Token))
            texts.Add(update.Text);
    }

    private ProviderErrorChatClient Open(WireServer server, TimeSpan? timeout = null) => Open(new Uri(server.Url, "v1"), timeout);

    private ProviderErrorChatClient Open(Uri endpoint, TimeSpan? timeout)
    {
        var options = new ProviderOptions
        {
            Endpoint = endpoint,
            ApiKey = Key,
            Timeout = timeout,
        };
        var client = _provider.CreateChatClient("gpt-test", new("openai", options, NullLoggerFactory.Instance, TimeProvider.System));
        return new(
            client,
            _provider,
            new("openai", "gpt-test"),
            new SecretMasker([Key]),
            new ConfigurationRemedy(readsConfiguration: true),
            "OPENAI_API_KEY"
        );
    }
}
