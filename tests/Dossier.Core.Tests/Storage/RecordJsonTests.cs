using System.Text;
using System.Text.Json;
using AwesomeAssertions.Equivalency;
using Dossier.Storage;

namespace Dossier.Core.Tests.Storage;

public sealed class RecordJsonTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch.AddMicroseconds(1_790_000_000_123_456);

    private static readonly Func<EquivalencyOptions<TrackedResponse>, EquivalencyOptions<TrackedResponse>> s_exactly = options =>
        options
            .ComparingByMembers<TrackedResponse>()
            .Using<JsonElement>(it => it.Subject.GetRawText().Should().Be(it.Expectation.GetRawText()))
            .WhenTypeIs<JsonElement>();

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
            AudioInput = 7,
            CachedAudioInput = 8,
            Output = 4,
            Reasoning = 5,
            AudioOutput = 9,
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
        Attempts =
        [
            new()
            {
                Number = 1,
                Provider = "anthropic",
                RequestedModel = "other",
                StartedAt = Time.AddSeconds(1),
                Outcome = AttemptOutcome.Failed,
                Duration = TimeSpan.FromSeconds(2),
                Error = new() { Message = "overloaded", IsTransient = true },
            },
            new()
            {
                Number = 2,
                ModelCall = 3,
                Reason = AttemptReason.Fallback,
                Cause = new() { Type = "X", Message = "overloaded" },
                Provider = "openai",
                RequestedModel = "m",
                ServedModel = "m-2026-01-01",
                Wait = TimeSpan.FromMilliseconds(1.5),
                StartedAt = Time,
                Outcome = AttemptOutcome.Succeeded,
                Duration = TimeSpan.FromDays(2),
                TimeToFirstToken = TimeSpan.FromTicks(7),
                Usage = new() { Output = 9 },
                Cost = new() { Amount = 1.50m, PriceSource = new("configuration") },
                OutputCap = 100,
                UnsentOptions = ["Temperature", "TopK"],
            },
        ],
        ToolCalls =
        [
            new()
            {
                ModelCall = 2,
                CallId = "call-1",
                Name = "look",
                StartedAt = Time.AddSeconds(3),
                Duration = TimeSpan.FromSeconds(4),
                Outcome = ToolCallOutcome.Failed,
                Error = new() { Message = "not found" },
            },
        ],
        Conversation = new()
        {
            Name = "talk",
            ContinuedFrom = new(3, 12),
            Sent = [new() { FirstDepth = 1, Count = 2 }, new() { Message = ContentDigest.Of("f"u8) }],
        },
        Capture = Capture.DigestsOnly,
        RequestMessages = [ContentDigest.Of("a"u8), ContentDigest.Of("b"u8)],
        RequestOptions = ContentDigest.Of("f"u8),
        ResponseMessages = [ContentDigest.Of("c"u8), ContentDigest.Of("e"u8)],
        TextDigest = ContentDigest.Of("d"u8),
        InputArtifacts = ["i"],
        OutputArtifacts = ["o", "p"],
        Operation = ResponseOperation.Embedding,
        Dimensions = 1536,
        Process = "1@host",
        TraceId = "0af7651916cd43dd8448eb211c80319c",
        SpanId = "b7ad6b7169203331",
        StepKey = ContentDigest.Of("g"u8),
        StepAttempt = 3,
        InheritedFrom = new("s-0", "0123456789abcdef0123456789abcdef"),
        Redactions = [new("iban", RedactedPart.Answer, 2)],
        ApplicationVersion = "1.2.3",
        Metadata = new Dictionary<string, object?> { ["flag"] = JsonElement.Parse("true") },
    };

    [Fact]
    public void FullResponse_SurvivesTheRoundTripExactly()
    {
        var decoded = RecordJson.DecodeResponse(RecordJson.Encode(FullResponse));

        decoded.Should().BeEquivalentTo(FullResponse, s_exactly);
    }

    [Fact]
    public void FullResponse_HasAValueInEveryMember()
    {
        var blank = new TrackedResponse();

        // What is forgotten in the writer is found by the round trip only where there is something to lose.
        typeof(TrackedResponse)
            .GetProperties()
            .Where(property => Equals(property.GetValue(FullResponse), property.GetValue(blank)) && property.CanWrite)
            .Select(property => property.Name)
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void Body_IsDecodedWithItsColumns()
    {
        var columns = new ResponseColumns
        {
            SessionId = FullResponse.SessionId,
            Id = FullResponse.Id,
            Sequence = FullResponse.Sequence,
            Key = FullResponse.Key,
            Outcome = FullResponse.Outcome,
            StartedAt = FullResponse.StartedAt,
            TextDigest = FullResponse.TextDigest,
            StepKey = FullResponse.StepKey,
        };

        var body = RecordJson.EncodeBody(FullResponse);

        RecordJson.DecodeBody(body, columns).Should().BeEquivalentTo(FullResponse, s_exactly);
        Encoding.UTF8.GetString(body).Should().NotContainAny(FullResponse.Id, "sequence", FullResponse.TextDigest.ToString());
    }

    [Fact]
    public void OnlyAttemptThatSaysWhatTheResponseSays_TakesNoSpaceInABody()
    {
        var attempt = new Attempt
        {
            Number = 1,
            Provider = "p",
            RequestedModel = "m",
            StartedAt = Time,
            Outcome = AttemptOutcome.Failed,
            Error = new() { Message = "no" },
        };
        var response = new TrackedResponse
        {
            Outcome = ResponseOutcome.Failed,
            Provider = "p",
            RequestedModel = "m",
            StartedAt = Time,
            Error = new() { Message = "no" },
            Attempts = [attempt],
        };

        var body = RecordJson.EncodeBody(response);

        Encoding.UTF8.GetString(body).Should().Contain("\"attempts\":[]");
        var columns = new ResponseColumns
        {
            SessionId = "",
            Id = "",
            Sequence = 0,
            Key = null,
            Outcome = ResponseOutcome.Failed,
            StartedAt = Time,
            TextDigest = null,
            StepKey = null,
        };
        RecordJson.DecodeBody(body, columns).Attempts.Should().Equal(attempt);
    }

    [Fact]
    public void ResponseOfAnEarlierVersion_IsReadAsOneOfThis()
    {
        var source = new FactSource("catalogue", new DateOnly(2026, 7, 1));
        var (digest, sent) = (ContentDigest.Of("a"u8), ContentDigest.Of("f"u8));

        var decoded = RecordJson.DecodeResponse(
            Encoding.UTF8.GetBytes(
                $$"""
                {
                    "provider": "p", "usage": {"input": 12, "output": 3},
                    "cost": {"amount": 0.10, "currency": "EUR", "priceSource": {"name": "catalogue", "date": "2026-07-01"} },
                    "duration": "2.00:00:01.5000000", "timeToFirstToken": "00:00:00.0000010",
                    "attempts": [
                        {"number": 1, "outcome": "failed", "usage": {"output": 1}, "cost": {"amount": 0.20, "priceSource": {"name": "configuration"} },
                            "duration": "00:00:02"},
                        {"number": 2, "wait": "00:00:00.0015000"}
                    ],
                    "toolCalls": [{"callId": "1", "name": "look", "duration": "00:00:04"}],
                    "conversation": {"name": "talk", "continuedFrom": "3.12", "sent": [{"firstDepth": 1, "count": 2}, {"message": "{{sent}}"}] },
                    "requestMessages": ["{{digest}}"]
                }
                """
            )
        );

        decoded.Usage.Should().Be(new TokenUsage { Input = 12, Output = 3 });
        var euros = new Cost
        {
            Amount = 0.10m,
            Currency = "EUR",
            PriceSource = source,
        };
        decoded.Cost.Should().Be(euros);
        decoded.Duration.Should().Be(TimeSpan.FromDays(2) + TimeSpan.FromSeconds(1.5));
        decoded.TimeToFirstToken.Should().Be(TimeSpan.FromMicroseconds(1));
        decoded.Attempts[0].Usage.Should().Be(new TokenUsage { Output = 1 });
        decoded.Attempts[0].Cost.Should().Be(new Cost { Amount = 0.20m, PriceSource = new("configuration") });
        decoded.Attempts[0].Duration.Should().Be(TimeSpan.FromSeconds(2));
        decoded.Attempts[1].Wait.Should().Be(TimeSpan.FromMilliseconds(1.5));
        decoded.ToolCalls.Should().ContainSingle().Which.Duration.Should().Be(TimeSpan.FromSeconds(4));
        decoded
            .Conversation.Should()
            .BeEquivalentTo(
                new ResponseConversation
                {
                    Name = "talk",
                    ContinuedFrom = new(3, 12),
                    Sent = [new() { FirstDepth = 1, Count = 2 }, new() { Message = sent }],
                }
            );
        decoded.RequestMessages.Should().Equal(digest);
    }

    [Fact]
    public void CostOfAnAttempt_WithThePriceOfTheResponse_IsItsAmount()
    {
        var cost = new Cost
        {
            Amount = 0.25m,
            Currency = "EUR",
            PriceSource = new("catalogue"),
        };
        var attempt = new Attempt
        {
            Number = 1,
            Provider = "p",
            RequestedModel = "m",
            StartedAt = Time,
            Outcome = AttemptOutcome.Failed,
            Cost = cost with { Amount = 0.05m },
        };
        var response = new TrackedResponse
        {
            Cost = cost,
            Attempts = [attempt, attempt with { Number = 2, Cost = cost with { Currency = "USD" } }],
        };

        var encoded = RecordJson.Encode(response);

        Encoding.UTF8.GetString(encoded).Should().Contain("\"cost\":0.05").And.Contain("\"cost\":{\"amount\":0.25,");
        RecordJson.DecodeResponse(encoded).Should().BeEquivalentTo(response, s_exactly);
    }

    [Theory]
    [InlineData("[1,2,3,4,5,6,7,8,9,10]")]
    [InlineData("[1.5]")]
    [InlineData("[\"1\"]")]
    public void UsageThatIsNotOne_IsAJsonException(string usage)
    {
        var decode = () => RecordJson.DecodeResponse(Encoding.UTF8.GetBytes($$"""{"usage":{{usage}}}"""));

        decode.Should().Throw<JsonException>();
    }

    [Fact]
    public void BodiesOfOneModel_BeginWithTheSame()
    {
        var other = FullResponse with
        {
            Usage = new() { Input = 2 },
            Cost = FullResponse.Cost! with { Amount = 2 },
            Duration = TimeSpan.FromSeconds(9),
            Conversation = FullResponse.Conversation! with { ContinuedFrom = null },
            RequestMessages = [],
            Attempts = [],
        };

        var (first, second) = (RecordJson.EncodeBody(FullResponse, out var common), RecordJson.EncodeBody(other, out var commonOfOther));

        commonOfOther.Should().Be(common);
        Encoding.UTF8.GetString(first, 0, common).Should().Be(Encoding.UTF8.GetString(second, 0, common)).And.Contain("catalogue");
        first[common].Should().Be((byte)',');
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
    public void CountOfAnEarlierVersion_IsARedactionOfAnUnknownKind()
    {
        var redactions = RecordJson.DecodeResponse("""{"maskedSecrets":2}"""u8).Redactions;

        redactions.Should().Equal(new Redaction("secret", RedactedPart.Unspecified, 2));
    }

    [Fact]
    public void Garbage_IsAJsonException()
    {
        var decode = () => RecordJson.DecodeResponse("not json"u8);

        decode.Should().Throw<JsonException>();
    }
}
