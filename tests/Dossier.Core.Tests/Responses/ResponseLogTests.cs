namespace Dossier.Core.Tests.Responses;

public sealed class ResponseLogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RepeatedKey_AppendsAndReadsTheLatest()
    {
        await using var test = await TestSession.OpenAsync();
        var responses = test.Session.Responses;

        await responses.TrackAsync("parse", new() { Success = false }, Token);
        await responses.TrackAsync(
            "parse",
            new()
            {
                Success = true,
                Metadata = new Dictionary<string, object?> { ["rows"] = 3 },
            },
            Token
        );

        var latest = await responses.FindAsync("parse", Token);
        latest!.Success.Should().BeTrue();
        ((System.Text.Json.JsonElement)latest.Metadata["rows"]!).GetInt32().Should().Be(3);
        (await responses.ListAsync(new() { Key = "parse" }, Token).CountAsync(Token)).Should().Be(2);
        (await responses.FindAsync("other", Token)).Should().BeNull();
    }

    [Fact]
    public async Task TrackedResponse_IsGivenItsIdTimeAndVersion()
    {
        await using var test = await TestSession.OpenAsync(o => o.ApplicationVersion = "1.2.3");

        var tracked = await test.Session.Responses.TrackAsync("step", new(), Token);

        tracked.Id.Should().MatchRegex("^[0-9a-f]{32}$");
        tracked.SessionId.Should().Be(test.Session.Id);
        tracked.StartedAt.Should().Be(test.Time.GetUtcNow());
        tracked.ApplicationVersion.Should().Be("1.2.3");
        tracked.Outcome.Should().Be(ResponseOutcome.Succeeded);
        (await test.Session.Responses.GetAsync(tracked.Id, Token)).Should().BeEquivalentTo(tracked);
    }

    [Fact]
    public async Task UsageOfAPricedModel_IsPriced()
    {
        await using var test = await TestSession.OpenAsync();
        var price = test.Session.GetModelCapabilities("gpt-5-mini", "openai").Price!;

        var tracked = await test.Session.Responses.TrackAsync(
            "call",
            new()
            {
                Provider = "openai",
                RequestedModel = "gpt-5-mini",
                Usage = new() { Input = 1_000_000 },
            },
            Token
        );

        tracked.Cost.Should().Be(price.CostOf(new() { Input = 1_000_000 }));
        tracked.Cost!.Amount.Should().BePositive();
        tracked.Cost.PriceSource.Date.Should().NotBeNull();
    }

    [Fact]
    public async Task Secrets_AreMasked()
    {
        await using var test = await TestSession.OpenAsync();

        var tracked = await test.Session.Responses.TrackAsync(
            $"call {TestSession.Key}",
            new()
            {
                Success = false,
                ServedModel = $"m-{TestSession.Key}",
                FinishReason = TestSession.Key,
                Error = new() { Type = "X", Message = $"bad {TestSession.Key}" },
                Metadata = new Dictionary<string, object?> { ["header"] = "Bearer abcdefghijklmnop123456" },
            },
            Token
        );

        tracked.Key.Should().Be("call [masked]");
        tracked.ServedModel.Should().Be("m-[masked]");
        tracked.FinishReason.Should().Be("[masked]");
        tracked.Error!.Message.Should().Be("bad [masked]");
        (await test.Session.Responses.GetAsync(tracked.Id, Token)).Should().BeEquivalentTo(tracked, o => o.Excluding(r => r.Metadata));
        tracked.Metadata["header"]!.ToString().Should().Be("Bearer [masked]");
    }

    [Fact]
    public async Task KeysInThePlacesOfIds_AreMasked()
    {
        const string Key = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";
        await using var test = await TestSession.OpenAsync();

        var tracked = await test.Session.Responses.TrackAsync(
            "key",
            new()
            {
                TraceId = Key,
                SpanId = Key,
                InputArtifacts = [Key],
                OutputArtifacts = [Key],
                Attempts =
                [
                    new()
                    {
                        Number = 1,
                        Provider = "own",
                        RequestedModel = "m",
                        StartedAt = DateTimeOffset.UnixEpoch,
                        Outcome = AttemptOutcome.Succeeded,
                        UnsentOptions = ["Tools", Key],
                    },
                ],
            },
            Token
        );

        (tracked.TraceId, tracked.SpanId).Should().Be(("[masked]", "[masked]"));
        tracked.InputArtifacts.Concat(tracked.OutputArtifacts).Should().Equal("[masked]", "[masked]");
        tracked.Attempts.Single().UnsentOptions.Should().Equal("Tools", "[masked]");
        tracked.Redactions.Should().Equal(new Redaction("api-key", RedactedPart.Name, 5));
        (await test.Session.Responses.GetAsync(tracked.Id, Token)).Should().BeEquivalentTo(tracked);
    }

    [Fact]
    public async Task ErrorOfAnException_SaysWhatItWas()
    {
        await using var test = await TestSession.OpenAsync();
        var exception = new HttpRequestException("busy", null, System.Net.HttpStatusCode.ServiceUnavailable);

        var tracked = await test.Session.Responses.TrackAsync(
            "ocr",
            new() { Success = false, Error = ResponseError.From(exception) },
            Token
        );

        tracked.Error!.Kind.Should().Be(ProviderErrorKind.ServerError);
        tracked.Error.IsTransient.Should().BeTrue();
        tracked.ToString().Should().Be("ocr Failed: busy");
    }

    [Fact]
    public async Task UnknownId_IsNotFound()
    {
        await using var test = await TestSession.OpenAsync();

        var act = () => test.Session.Responses.GetAsync("nope", Token);

        await act.Should().ThrowAsync<NotFoundException>();
    }
}
