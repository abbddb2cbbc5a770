using System.Text;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Turns: a response and its messages, which name one another, in one commit.</summary>
public abstract class TurnConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Name = "talk 😀";

    [Fact]
    public async Task ResponseOfATurn_IsReadBackAsItWas_WhereverTheTurnLies()
    {
        await CreateSessionAsync();
        var (first, start) = await TurnAsync(null, asked: 1, "question", "answer");
        var (second, _) = await TurnAsync(start.Head, asked: 2, "result", "question", "answer");
        var (loser, lost) = await TurnAsync(start.Head, asked: 1, "question", "answer", "more");
        var (unanswered, _) = await TurnAsync(lost.First!.Value with { Depth = lost.First.Value.Depth + 2 }, asked: 1, "question");

        TrackedResponse[] given = [first, second, loser, unanswered];
        var read = new List<TrackedResponse?>();
        foreach (var response in given)
            read.Add(await Records.GetResponseAsync(SessionId, response.Id));
        var listed = (await Records.QueryResponsesAsync(SessionId, new() { Order = RecordOrder.OldestFirst })).Items;

        read.Should()
            .BeEquivalentTo(
                given,
                options =>
                    options
                        .ComparingByMembers<TrackedResponse>()
                        .WithStrictOrdering()
                        .Excluding(it => it.SessionId)
                        .Excluding(it => it.Sequence)
            );
        listed.Should().BeEquivalentTo(read, options => options.ComparingByMembers<TrackedResponse>().WithStrictOrdering());
        (await ReadAsync()).Select(message => message.ResponseId).Should().Equal(first.Id, first.Id, second.Id, second.Id, second.Id);
    }

    [Fact]
    public async Task ResponseThatNamesOtherMessagesThanItsTurn_IsReadBackAsItWas()
    {
        await CreateSessionAsync();
        var (_, start) = await TurnAsync(null, asked: 1, "question", "answer");
        var response = NewResponse() with
        {
            Conversation = new() { Name = Name, ContinuedFrom = start.Head },
            RequestMessages = [Message("instructions").Content],
            ResponseMessages = [Message("answer").Content],
        };

        await Records.CommitAsync(
            NewCommit() with
            {
                Responses = [response],
                Conversations = [Change(start.Head, [Message("question") with { ResponseId = response.Id }])],
            }
        );

        var read = (await Records.GetResponseAsync(SessionId, response.Id))!;
        read.RequestMessages.Should().Equal(response.RequestMessages);
        read.ResponseMessages.Should().Equal(response.ResponseMessages);
        read.Conversation.Should().BeEquivalentTo(response.Conversation);
    }

    [Fact]
    public async Task MessageOfAResponseThatIsNotThere_NamesItAllTheSame()
    {
        await CreateSessionAsync();
        var missing = NewId();

        await Records.CommitAsync(NewCommit() with { Conversations = [Change(null, [Message("alone") with { ResponseId = missing }])] });

        (await ReadAsync()).Should().ContainSingle().Which.ResponseId.Should().Be(missing);
    }

    private static MessageRecord Message(string text) =>
        new()
        {
            Role = "user",
            Content = ContentDigest.Of(Encoding.UTF8.GetBytes(text)),
            CreatedAt = Time,
        };

    private static ConversationChange Change(MessageId? expected, IReadOnlyList<MessageRecord> messages) =>
        new()
        {
            Conversation = Name,
            ExpectedHead = expected,
            Messages = messages,
        };

    /// <summary>An intent, and then its outcome with the turn, of which the first messages were asked.</summary>
    private async Task<(TrackedResponse Response, ConversationResult Said)> TurnAsync(MessageId? after, int asked, params string[] texts)
    {
        ContentDigest[] contents = [.. texts.Select(text => Message(text).Content)];
        var intent = NewResponse() with { Outcome = ResponseOutcome.InProgress, RequestMessages = contents[..asked] };
        await StoreAsync(intent);
        var response = intent with
        {
            Outcome = ResponseOutcome.Succeeded,
            Provider = "provider",
            RequestedModel = "model-of-a-long-name",
            ServedModel = "model-of-a-long-name-2026-11-01",
            Conversation = new() { Name = Name, ContinuedFrom = after },
            ResponseMessages = contents[asked..],
        };
        var commit = NewCommit() with
        {
            Responses = [response],
            Conversations = [Change(after, [.. texts.Select(text => Message(text) with { ResponseId = response.Id })])],
        };
        return (response, (await Records.CommitAsync(commit)).Conversations.Single());
    }

    private async Task<IReadOnlyList<MessageRecord>> ReadAsync() => (await Records.QueryMessagesAsync(SessionId, Name, new())).Items;
}
