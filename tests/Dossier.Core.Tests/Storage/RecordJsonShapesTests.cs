using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Core.Tests.Storage;

/// <summary>Records other than responses.</summary>
public sealed class RecordJsonShapesTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch.AddMicroseconds(1_790_000_000_123_456);

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
            Redactions = [new("iban", RedactedPart.Name, 2)],
            ForkedFrom = new()
            {
                SessionId = "s-0",
                ResponseId = "0123456789abcdef0123456789abcdef",
                StepKey = ContentDigest.Of("step"u8),
                Sequence = 7,
            },
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
            Redactions = [new("jwt", RedactedPart.Content, 1)],
        };

        RecordJson.DecodeArtifact(RecordJson.Encode(artifact)).Should().BeEquivalentTo(artifact);
    }

    [Fact]
    public void InputsOfAStep_SayWhetherTheyAreKept()
    {
        var step = new StepRecord
        {
            Key = ContentDigest.Of("step"u8),
            Name = "split",
            ResultType = "System.String",
            Inputs = [new(ContentDigest.Of("a"u8)), new(ContentDigest.Of("b"u8)) { IsKept = false }],
        };

        RecordJson.DecodeStep(RecordJson.Encode(step)).Should().BeEquivalentTo(step);
    }

    [Fact]
    public void NoMetadata_TakesNoBytes()
    {
        var encoded = RecordJson.Encode(new Dictionary<string, JsonElement>());

        encoded.Should().BeEmpty();
        RecordJson.DecodeMetadata(encoded).Should().BeEmpty();
    }
}
