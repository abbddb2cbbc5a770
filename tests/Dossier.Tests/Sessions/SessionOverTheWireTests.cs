using System.ClientModel;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Sessions;

/// <summary>What a session records of calls to servers that speak OpenAI's protocol, through Dossier's client and through one that the user brings.</summary>
public sealed class SessionOverTheWireTests
{
    private const string ShapedKey = "sk-proj-abcdefghijklmnop1234567890";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Endpoint, Client> All { get; } =
        new MatrixTheoryData<Endpoint, Client>(Enum.GetValues<Endpoint>(), Enum.GetValues<Client>());

    [Theory]
    [MemberData(nameof(All))]
    public async Task Answer_IsRecordedWithItsUsageByClass(Endpoint endpoint, Client client)
    {
        await using var test = await WireSession.OpenAsync(endpoint, client);
        test.Server.Reply(WireReply.Json(OpenAIWire.Completion("Good day.")));

        var answer = await test.Chat.GetResponseAsync("Hi", new() { Temperature = 0.5f }, Token);

        answer.Text.Should().Be("Good day.");
        var request = test.Server.Requests.Should().ContainSingle().Subject;
        request.PathAndQuery.Should().Be(endpoint == Endpoint.AzureV1 ? "/openai/v1/chat/completions" : "/v1/chat/completions");
        request.Header("Authorization").Should().Be(ExpectedAuthorization(endpoint, client));
        request.Body.Should().Be("""{"temperature":0.5,"messages":[{"role":"user","content":"Hi"}],"model":"gpt-test"}""");
        var response = await test.OnlyResponseAsync();
        response.Outcome.Should().Be(ResponseOutcome.Succeeded);
        response.RequestedModel.Should().Be("gpt-test");
        response.ServedModel.Should().Be("gpt-test-2026-01-01");
        response
            .Usage.Should()
            .Be(
                new TokenUsage
                {
                    Input = 60,
                    CachedInput = 40,
                    Output = 20,
                    Reasoning = 10,
                }
            );
        response.FinishReason.Should().Be("stop");
        response.Cost.Should().BeNull();
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("Good day.");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Stream_IsRecordedAsAStream(Endpoint endpoint, Client client)
    {
        await using var test = await WireSession.OpenAsync(endpoint, client);
        test.Server.Reply(OpenAIWire.Stream("Good ", "day."));

        var text = string.Concat(
            await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).Select(u => u.Text).ToListAsync(Token)
        );

        text.Should().Be("Good day.");
        var response = await test.OnlyResponseAsync();
        response.Outcome.Should().Be(ResponseOutcome.Succeeded);
        response.Streaming.Should().BeTrue();
        response.TimeToFirstToken.Should().NotBeNull().And.BeLessThanOrEqualTo(response.Duration!.Value);
        response
            .Usage.Should()
            .Be(
                new TokenUsage
                {
                    Input = 60,
                    CachedInput = 40,
                    Output = 20,
                    Reasoning = 10,
                }
            );
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("Good day.");
    }

    public static IEnumerable<TheoryDataRow<int, Endpoint, Client>> Errors() =>
        from status in new[] { 401, 404, 429, 500 }
        from endpoint in Enum.GetValues<Endpoint>()
        from client in Enum.GetValues<Client>()
        select new TheoryDataRow<int, Endpoint, Client>(status, endpoint, client);

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Error_IsKeptWithItsKindAndThrown(int status, Endpoint endpoint, Client client)
    {
        await using var test = await WireSession.OpenAsync(endpoint, client);
        test.Server.Reply(ReplyOf(status));
        var (kind, transient) = MeaningOf(status);

        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => test.Chat.GetResponseAsync("Hi", cancellationToken: Token));

        CheckThrown(thrown, endpoint, client, kind, transient);
        test.Server.Requests.Should().ContainSingle("the vendor's own retries are off");
        var response = await test.OnlyResponseAsync();
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Kind.Should().Be(kind);
        response.Error.StatusCode.Should().Be(status);
        response.Error.IsTransient.Should().Be(transient);
        response.Error.Type.Should().Be("System.ClientModel.ClientResultException");
        (await test.Session.Responses.ReadRequestAsync(response, Token)).Single().Text.Should().Be("Hi");
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task ErrorOfAStream_IsKeptWithItsKindAndThrown(int status, Endpoint endpoint, Client client)
    {
        await using var test = await WireSession.OpenAsync(endpoint, client);
        test.Server.Reply(ReplyOf(status));
        var (kind, transient) = MeaningOf(status);

        var thrown = await Assert.ThrowsAnyAsync<Exception>(async () =>
            await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToListAsync(Token)
        );

        CheckThrown(thrown, endpoint, client, kind, transient);
        (await test.OnlyResponseAsync()).Error!.StatusCode.Should().Be(status);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task CutStream_KeepsItsPartialText(Endpoint endpoint, Client client)
    {
        await using var test = await WireSession.OpenAsync(endpoint, client);
        test.Server.Reply(OpenAIWire.CutStream("Half ", "of it"));
        var seen = "";

        var thrown = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var update in test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token))
                seen += update.Text;
        });

        seen.Should().Be("Half of it");
        CheckThrown(thrown, endpoint, client, ProviderErrorKind.StreamInterrupted, transient: true);
        var response = await test.OnlyResponseAsync();
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Kind.Should().Be(ProviderErrorKind.StreamInterrupted);
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("Half of it");
        (await test.Session.GetSummaryAsync(Token)).Unpriced.Should().Be(1, "what had arrived was paid for");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Timeout_IsAFailureAndNotACancellation(Endpoint endpoint, Client client)
    {
        await using var test = await WireSession.OpenAsync(endpoint, client, timeout: TimeSpan.FromMilliseconds(200));
        test.Server.Reply(WireReply.Nothing());

        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => test.Chat.GetResponseAsync("Hi", cancellationToken: Token));

        CheckThrown(thrown, endpoint, client, ProviderErrorKind.Timeout, transient: true);
        var response = await test.OnlyResponseAsync();
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Kind.Should().Be(ProviderErrorKind.Timeout);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task CancellationByTheCaller_IsACancellation(Endpoint endpoint, Client client)
    {
        await using var test = await WireSession.OpenAsync(endpoint, client);
        test.Server.Reply(WireReply.Nothing());
        using var cancel = new CancellationTokenSource();

        var call = test.Chat.GetResponseAsync("Hi", cancellationToken: cancel.Token);
        await test.Server.ArrivalAsync();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        (await test.OnlyResponseAsync()).Outcome.Should().Be(ResponseOutcome.Cancelled);
    }

    [Fact]
    public async Task PlantedKey_IsInNoFileNoLogAndNoMessage()
    {
        await using var test = await WireSession.OpenAsync();
        test.Server.Reply(
            OpenAIWire.WrongKey(WireSession.Key),
            WireReply.Json(OpenAIWire.Completion($"Your key is {WireSession.Key}.")),
            WireReply.Json(OpenAIWire.Completion("Thanks."))
        );
        var session = test.Session;

        var thrown = await Assert.ThrowsAsync<ProviderException>(() => test.Chat.GetResponseAsync("Hi", cancellationToken: Token));
        await test.Chat.GetResponseAsync($"I use {WireSession.Key}.", new() { Instructions = WireSession.Key }, Token);
        await session.StoreArtifactAsync("shaped", $"keys:\n{ShapedKey}\tand more", cancellationToken: Token);
        await session.StoreArtifactAsync("shaped object", new { Text = $"keys:\n{ShapedKey}" }, cancellationToken: Token);
        await test.Chat.GetResponseAsync($"keys:\n{ShapedKey}", cancellationToken: Token);
        await session.StoreArtifactAsync($"of {WireSession.Key}", $"text {WireSession.Key}", cancellationToken: Token);
        await session.StoreArtifactAsync("object", new { Key = WireSession.Key }, cancellationToken: Token);
        await session.Responses.TrackAsync(
            "own",
            new() { Metadata = new Dictionary<string, object?> { ["key"] = WireSession.Key } },
            Token
        );
        await session.FailAsync($"because of {WireSession.Key}", Token);

        thrown.ToString().Should().NotContain(WireSession.Key);
        var files = test.Directory.Files().ToList();
        files.Should().NotBeEmpty();
        foreach (var needle in new[] { WireSession.Key, ShapedKey, System.Text.Json.JsonEncodedText.Encode(WireSession.Key).ToString() })
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(needle);
            files.Where(file => file.Bytes.AsSpan().IndexOf(bytes) >= 0).Select(file => file.Name).Should().BeEmpty();
        }
        test.Log.GetSnapshot().Should().NotBeEmpty();
        test.Log.GetSnapshot().Should().NotContain(r => r.Message.Contains(WireSession.Key, StringComparison.Ordinal));
        (await session.GetSummaryAsync(Token)).ToString().Should().NotContain(WireSession.Key);
    }

    private static WireReply ReplyOf(int status) =>
        status switch
        {
            401 => OpenAIWire.WrongKey("sk-wrong"),
            404 => OpenAIWire.NoModel(WireSession.Model),
            429 => OpenAIWire.TooManyRequests("7"),
            _ => OpenAIWire.ServerError(),
        };

    private static (ProviderErrorKind Kind, bool Transient) MeaningOf(int status) =>
        status switch
        {
            401 => (ProviderErrorKind.Authentication, false),
            404 => (ProviderErrorKind.NotFound, false),
            429 => (ProviderErrorKind.RateLimited, true),
            _ => (ProviderErrorKind.ServerError, true),
        };

    /// <summary>A plain endpoint gets no key of Dossier; the SDK of the user knows no client without one.</summary>
    private static string? ExpectedAuthorization(Endpoint endpoint, Client client) =>
        (endpoint, client) switch
        {
            (Endpoint.Compatible, Client.Dossier) => null,
            (Endpoint.Compatible, Client.User) => "Bearer none",
            _ => $"Bearer {WireSession.Key}",
        };

    /// <summary>Dossier's client throws Dossier's exception; a client of the user throws what it always threw.</summary>
    private static void CheckThrown(Exception thrown, Endpoint endpoint, Client client, ProviderErrorKind kind, bool transient)
    {
        if (client == Client.User)
        {
            thrown.Should().NotBeAssignableTo<DossierException>();
            return;
        }
        var exception = thrown.Should().BeOfType<ProviderException>().Subject;
        exception.Failure.Kind.Should().Be(kind);
        exception.IsTransient.Should().Be(transient);
        exception.Provider.Should().Be(WireSession.ProviderOf(endpoint));
        exception.Model.Should().Be(WireSession.Model);
        if (kind == ProviderErrorKind.RateLimited)
            exception.Failure.RetryAfter.Should().Be(TimeSpan.FromSeconds(7));
    }
}
