using Dossier.Storage;

namespace Dossier.Tests.Storage;

public sealed class CommitResultCodeTests
{
    [Fact]
    public void SmallResult_SurvivesTheRoundTripInFewBytes()
    {
        var result = new CommitResult
        {
            Revision = 1,
            ArtifactVersions = [1],
            ArtifactSequences = [300],
        };

        var code = CommitResultCode.Encode(result);

        code.Should().HaveCount(6);
        CommitResultCode.Decode(code).Should().BeEquivalentTo(result);
    }

    [Fact]
    public void ConversationsOfAResult_SurviveTheRoundTrip()
    {
        var result = new CommitResult
        {
            Revision = 1,
            ResponseSequences = [2],
            Conversations =
            [
                new(new(1, 2), HeadMoved: true, new(1, 3)),
                new(null, HeadMoved: false, new(MessageId.MaxRun, MessageId.MaxDepth)),
                new(null, HeadMoved: true, null),
            ],
        };

        CommitResultCode.Decode(CommitResultCode.Encode(result)).Should().BeEquivalentTo(result);
    }

    [Fact]
    public void LargeNumbers_SurviveTheRoundTrip()
    {
        var result = new CommitResult
        {
            Revision = long.MaxValue,
            ArtifactVersions = [int.MaxValue, 1, 127, 128],
            ArtifactSequences = [long.MaxValue, 0, 127, 128],
            ResponseSequences = [.. Enumerable.Range(0, 1000).Select(i => long.MaxValue - i)],
        };

        CommitResultCode.Decode(CommitResultCode.Encode(result)).Should().BeEquivalentTo(result);
    }
}
