using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Core.Tests.Storage;

public sealed class RecordJsonTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch.AddMicroseconds(1_790_000_000_123_456);

    private static readonly TrackedResponse FullResponse = new()
    {
        Id = "0123456789abcdef0123456789abcdef",
        SessionId = "s-1",
        Key = "überschrift 😀",
        Sequence = long.MaxValue,
        Outcome = ResponseOutcome.InProgress,
        Provider = "openai",
        RequestedModel = "m",
        ServedModel = "m-2026-01-01",
        Streaming = true,
        Usage = new()
        {
            Input = 1,
            CachedInput = 2,
            CacheWrite = 3,
            CacheWrite1h = 6,
            Output = 4,
            Reasoning = 5,
        },
        Cost = new()
        {
            Amount = 0.0000012345678901234567890123m,
            Currency = "EUR",
            PriceSource = new("catalogue", new DateOnly(2026, 7, 1)),
        },
        StartedAt = Time,
        Duration = TimeSpan.FromTicks(1_234_567_891),
        TimeToFirstToken = TimeSpan.FromMicroseconds(1),
        FinishReason = "stop",
        Error = new()
        {
            Type = "System.TimeoutException",
            Message = "took \"too\" long",
            Kind = ProviderErrorKind.Timeout,
            StatusCode = 504,
            IsTransient = true,
        },
        RequestMessages = [ContentDigest.Of("a"u8), ContentDigest.Of("b"u8)],
        ResponseMessages = [ContentDigest.Of("c"u8), ContentDigest.Of("e"u8)],
        TextDigest = ContentDigest.Of("d"u8),
        InputArtifacts = ["i"],
        OutputArtifacts = ["o", "p"],
        MaskedSecrets = 2,
        ApplicationVersion = "1.2.3",
    };

    [Fact]
    public void FullResponse_SurvivesTheRoundTripExactly()
    {
        var decoded = RecordJson.DecodeResponse(RecordJson.Encode(FullResponse));

        decoded.Should().BeEquivalentTo(FullResponse, options => options.ComparingByMembers<TrackedResponse>());
    }

    [Fact]
    public void EmptyResponse_IsEncodedAsAnEmptyObject() =>
        Encoding.UTF8.GetString(RecordJson.Encode(new TrackedResponse())).Should().Be("{}");

    [Fact]
    public void EmptyObject_DecodesToTheDefaults()
    {
        var decoded = RecordJson.DecodeResponse("{}"u8);

        decoded.Should().BeEquivalentTo(new TrackedResponse());
    }

    [Theory]
    [InlineData(ResponseOutcome.InProgress)]
    [InlineData(ResponseOutcome.Succeeded)]
    [InlineData(ResponseOutcome.Failed)]
    [InlineData(ResponseOutcome.Cancelled)]
    public void EveryOutcome_SurvivesTheRoundTrip(ResponseOutcome outcome) =>
        RecordJson.DecodeResponse(RecordJson.Encode(new TrackedResponse { Outcome = outcome })).Outcome.Should().Be(outcome);

    [Fact]
    public void FreeCost_StaysKnown()
    {
        var cost = new Cost { Amount = 0m, PriceSource = new("configuration") };

        var decoded = RecordJson.DecodeResponse(RecordJson.Encode(new TrackedResponse { Cost = cost }));

        decoded.Cost.Should().Be(cost);
    }

    [Fact]
    public void UsageFromBeforeAClassWasKept_HasNoneOfIt()
    {
        var decoded = RecordJson.DecodeResponse("""{"usage":{"input":1,"cacheWrite":3,"output":4}}"""u8);

        decoded
            .Usage.Should()
            .Be(
                new TokenUsage
                {
                    Input = 1,
                    CacheWrite = 3,
                    Output = 4,
                }
            );
    }

    [Fact]
    public void RequestOptions_ComeBackAsTheyWere()
    {
        var options = ContentDigest.Of("{}"u8);

        var decoded = RecordJson.DecodeResponse(RecordJson.Encode(new TrackedResponse { RequestOptions = options }));

        decoded.RequestOptions.Should().Be(options);
    }

    [Fact]
    public void AnswerOfOneMessage_IsWrittenAsEarlierVersionsWroteAllMessages()
    {
        var answer = ContentDigest.Of("c"u8);

        var encoded = RecordJson.Encode(new TrackedResponse { ResponseMessages = [answer] });

        Encoding.UTF8.GetString(encoded).Should().Be($$"""{"responseMessages":"{{answer}}"}""");
        RecordJson.DecodeResponse(encoded).ResponseMessages.Should().Equal(answer);
    }

    [Fact]
    public void MetadataOfAResponse_ComesBackAsJsonElements()
    {
        var metadata = new Dictionary<string, object?>
        {
            ["text"] = "é'\"",
            ["int"] = 1,
            ["decimal"] = 1.10m,
            ["flag"] = true,
            ["nothing"] = null,
            ["element"] = JsonElement.Parse("[1]"),
        };

        var decoded = RecordJson.DecodeResponse(RecordJson.Encode(new TrackedResponse { Metadata = metadata })).Metadata;

        decoded["text"].Should().BeOfType<JsonElement>().Which.GetString().Should().Be("é'\"");
        decoded["int"].Should().BeOfType<JsonElement>().Which.GetInt32().Should().Be(1);
        decoded["decimal"].Should().BeOfType<JsonElement>().Which.GetRawText().Should().Be("1.10");
        decoded["flag"].Should().BeOfType<JsonElement>().Which.GetBoolean().Should().BeTrue();
        decoded.Should().ContainKey("nothing").WhoseValue.Should().BeNull();
        decoded["element"].Should().BeOfType<JsonElement>().Which.GetRawText().Should().Be("[1]");
    }

    [Fact]
    public void MetadataThatJsonHasNoFormFor_IsRefusedByItsType()
    {
        var response = new TrackedResponse { Metadata = new Dictionary<string, object?> { ["x"] = new object() } };

        var encode = () => RecordJson.Encode(response);

        encode.Should().Throw<ArgumentException>().WithMessage("*System.Object*");
    }

    [Fact]
    public void FullSession_SurvivesTheRoundTrip()
    {
        var session = new SessionInfo
        {
            Id = "s-1",
            Name = "a name",
            Status = SessionStatus.Failed,
            StatusReason = "gave up",
            Tags = ["x", "y"],
            ApplicationVersion = "1",
            CreatedAt = Time,
            UpdatedAt = Time.AddMicroseconds(1),
            Revision = 7,
        };

        RecordJson.DecodeSession(RecordJson.Encode(session)).Should().BeEquivalentTo(session);
    }

    [Fact]
    public void FullArtifact_SurvivesTheRoundTrip()
    {
        var artifact = new ArtifactRecord
        {
            SessionId = "s-1",
            Id = "a",
            Name = "../x",
            Version = 3,
            Sequence = 4,
            ContentType = "text/plain",
            Role = ArtifactRole.Output,
            Digest = ContentDigest.Of("x"u8),
            Size = 1,
            CreatedAt = Time,
            ProducedBy = "r",
            MaskedSecrets = 1,
        };

        RecordJson.DecodeArtifact(RecordJson.Encode(artifact)).Should().BeEquivalentTo(artifact);
    }

    [Fact]
    public void NoMetadata_TakesNoBytes()
    {
        var encoded = RecordJson.Encode(new Dictionary<string, JsonElement>());

        encoded.Should().BeEmpty();
        RecordJson.DecodeMetadata(encoded).Should().BeEmpty();
    }

    [Fact]
    public void Garbage_IsAJsonException()
    {
        var decode = () => RecordJson.DecodeResponse("not json"u8);

        decode.Should().Throw<JsonException>();
    }
}
