using System.Text;
using Dossier.Storage;

namespace Dossier.Tests.Storage;

public sealed class EncodedResponseTests
{
    private static readonly MessageId s_head = new(3, 12);
    private static readonly ContentDigest s_asked = ContentDigest.Of("asked"u8);
    private static readonly ContentDigest s_answered = ContentDigest.Of("answered"u8);

    private static readonly TrackedResponse s_response = new()
    {
        Id = "0123456789abcdef0123456789abcdef",
        Outcome = ResponseOutcome.Succeeded,
        Provider = "provider",
        RequestedModel = "a model with a name that is long enough to be kept once",
        Conversation = new() { Name = "talk", ContinuedFrom = s_head },
        RequestMessages = [s_asked],
        ResponseMessages = [s_answered],
    };

    private static readonly SessionCommit s_commit = new()
    {
        CommitId = Guid.Empty,
        SessionId = "s-1",
        At = DateTimeOffset.UnixEpoch,
        Conversations =
        [
            new()
            {
                Conversation = "talk",
                ExpectedHead = s_head,
                Messages = [Said(s_asked), Said(s_answered)],
            },
        ],
    };

    public static TheoryData<TrackedResponse> OfOtherMessages { get; } =
    [
        s_response with
        {
            Id = "1123456789abcdef0123456789abcdef",
        },
        s_response with
        {
            RequestMessages = [],
        },
        s_response with
        {
            RequestMessages = [s_answered],
        },
        s_response with
        {
            ResponseMessages = [s_answered, s_answered],
        },
        s_response with
        {
            Conversation = null,
        },
        s_response with
        {
            Conversation = new() { Name = "talk" },
        },
        s_response with
        {
            Conversation = new() { Name = "other", ContinuedFrom = s_head },
        },
    ];

    [Fact]
    public void ResponseOfItsTurn_NamesNoMessage()
    {
        var encoded = EncodedResponse.Of(s_response, s_commit);

        encoded.IsTurn.Should().BeTrue();
        Encoding.UTF8.GetString(encoded.Body).Should().NotContainAny("sha256", s_head.ToString()).And.Contain("talk");
    }

    [Theory]
    [MemberData(nameof(OfOtherMessages))]
    public void ResponseOfOtherMessages_NamesThem(TrackedResponse response)
    {
        var encoded = EncodedResponse.Of(response, s_commit);

        encoded.IsTurn.Should().BeFalse();
        Encoding.UTF8.GetString(encoded.Body).Should().Contain(response.ResponseMessages[0].ToString());
    }

    [Fact]
    public void OutcomeOfACall_HasACommonBeginning_AndItsIntentHasNone()
    {
        EncodedResponse.Of(s_response, s_commit).Common.Should().BePositive();
        EncodedResponse.Of(s_response with { Outcome = ResponseOutcome.InProgress }, s_commit).Common.Should().Be(0);
        EncodedResponse.Of(new() { Id = s_response.Id }, s_commit).Common.Should().Be(0);
    }

    private static MessageRecord Said(ContentDigest content) =>
        new()
        {
            Role = "user",
            Content = content,
            ResponseId = "0123456789abcdef0123456789abcdef",
            CreatedAt = DateTimeOffset.UnixEpoch,
        };
}
