using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Conversations: appending, branches, heads, and reads of ranges.</summary>
public abstract class ConversationConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Name = "talk 😀";

    [Fact]
    public async Task Message_IsReadBackAsItWas()
    {
        await CreateSessionAsync();
        var message = Message("one") with
        {
            Role = "narrator",
            Author = "Änne",
            Data = [ContentDigest.Of("image"u8), ContentDigest.Of("file"u8)],
            ResponseId = NewId(),
        };
        message = message with { Hash = message.ComputeHash(null) };

        var result = await SayAsync(null, message);

        var id = result.First!.Value;
        result.Should().Be(new ConversationResult(id, HeadMoved: true, id));
        id.Depth.Should().Be(1);
        var read = (await ReadAsync(new())).Should().ContainSingle().Subject;
        read.Should().BeEquivalentTo(message with { Id = id });
        read.ComputeHash(null).Should().Be(read.Hash);
        (await Records.GetConversationAsync(SessionId, Name))
            .Should()
            .Be(
                new ConversationInfo
                {
                    Name = Name,
                    Head = id,
                    CreatedAt = Time,
                    UpdatedAt = Time,
                }
            );
    }

    [Theory]
    [InlineData("user")]
    [InlineData("assistant")]
    [InlineData("tool")]
    [InlineData("system")]
    [InlineData("0")]
    [InlineData("User")]
    public async Task EveryRole_IsReadBack(string role)
    {
        await CreateSessionAsync();

        await SayAsync(null, Message("x") with { Role = role });

        (await ReadAsync(new())).Single().Role.Should().Be(role);
    }

    [Fact]
    public async Task Turns_FollowOneAnotherInOneRun()
    {
        await CreateSessionAsync();
        var first = await SayAsync(null, Message("one"), Message("two"));

        var second = await SayAsync(first.Head, Message("three"), Message("four"));

        second.First.Should().Be(first.First!.Value with { Depth = 3 });
        second.Head.Should().Be(first.First!.Value with { Depth = 4 });
        var messages = await ReadAsync(new());
        Texts(messages).Should().Be("one two three four");
        messages.Select(message => message.Parent).Should().Equal([null, .. messages.Take(3).Select(message => (MessageId?)message.Id)]);
        (await Records.GetConversationAsync(SessionId, Name))!.Length.Should().Be(4);
        (await BranchesAsync())
            .Should()
            .ContainSingle()
            .Which.Should()
            .Be(new ConversationBranch { Leaf = second.Head!.Value, HasHead = true });
    }

    [Fact]
    public async Task TurnThatLostTheHead_StaysAsABranchWithItsResponse()
    {
        await CreateSessionAsync();
        var start = await SayAsync(null, Message("start"));
        var winner = await SayAsync(start.Head, Message("winner"));
        var response = NewResponse();

        var result = await Records.CommitAsync(
            NewCommit() with
            {
                Responses = [response],
                Conversations = [Change(start.Head, [Message("loser"), Message("loser's answer")])],
            }
        );

        var lost = result.Conversations.Should().ContainSingle().Subject;
        lost.HeadMoved.Should().BeFalse();
        lost.Head.Should().Be(winner.Head);
        lost.First!.Value.Depth.Should().Be(2);
        (await Records.GetResponseAsync(SessionId, response.Id)).Should().NotBeNull();
        Texts(await ReadAsync(new())).Should().Be("start winner");
        var leaf = lost.First.Value with { Depth = 3 };
        Texts(await ReadAsync(new() { Leaf = leaf })).Should().Be("start loser loser's answer");
        (await BranchesAsync())
            .Should()
            .Equal(
                new ConversationBranch { Leaf = winner.Head!.Value, HasHead = true },
                new ConversationBranch { Leaf = leaf, BranchedFrom = start.Head }
            );
    }

    [Fact]
    public async Task Head_MovesToAnyMessageAndToNone()
    {
        await CreateSessionAsync();
        var turn = await SayAsync(null, Message("one"), Message("two"), Message("three"));
        var one = turn.First!.Value;

        (await MoveAsync(turn.Head, one)).Should().Be(new ConversationResult(null, HeadMoved: true, one));
        Texts(await ReadAsync(new())).Should().Be("one");
        (await MoveAsync(one, null)).Should().Be(new ConversationResult(null, HeadMoved: true, null));
        (await ReadAsync(new())).Should().BeEmpty();
        (await Records.GetConversationAsync(SessionId, Name))!.Length.Should().Be(0);

        var again = await SayAsync(null, Message("again"));

        again.HeadMoved.Should().BeTrue();
        again.First!.Value.Depth.Should().Be(1);
        Texts(await ReadAsync(new())).Should().Be("again");
        Texts(await ReadAsync(new() { Leaf = turn.Head })).Should().Be("one two three");
    }

    [Fact]
    public async Task HeadThatIsNotWhereItWasExpected_DoesNotMove()
    {
        await CreateSessionAsync();
        var first = await SayAsync(null, Message("one"), Message("two"));

        var moved = await MoveAsync(first.First, null);

        moved.Should().Be(new ConversationResult(null, HeadMoved: false, first.Head));
        (await MoveAsync(null, first.First)).HeadMoved.Should().BeFalse();
        Texts(await ReadAsync(new())).Should().Be("one two");
    }

    [Fact]
    public async Task TurnAfterUndo_BeginsABranchAndKeepsWhatWasUndone()
    {
        await CreateSessionAsync();
        var first = await SayAsync(null, Message("one"), Message("two"), Message("three"));
        var one = first.First!.Value;
        await MoveAsync(first.Head, one);

        var second = await SayAsync(one, Message("other"));

        second.First!.Value.Run.Should().NotBe(one.Run);
        second.First.Value.Depth.Should().Be(2);
        Texts(await ReadAsync(new())).Should().Be("one other");
        Texts(await ReadAsync(new() { Leaf = first.Head })).Should().Be("one two three");
    }

    [Theory]
    [InlineData(RecordOrder.OldestFirst, 3, 11, "3 4 5,6 7 8,9 10 11")]
    [InlineData(RecordOrder.NewestFirst, 3, 11, "11 10 9,8 7 6,5 4 3")]
    [InlineData(RecordOrder.NewestFirst, 1, null, "12 11 10,9 8 7,6 5 4,3 2 1")]
    [InlineData(RecordOrder.OldestFirst, 12, 99, "12")]
    [InlineData(RecordOrder.OldestFirst, 13, null, "")]
    [InlineData(RecordOrder.OldestFirst, 5, 4, "")]
    public async Task RangeAcrossBranches_IsReadPageByPage(RecordOrder order, int from, int? to, string expected)
    {
        await CreateSessionAsync();
        var leaf = await BranchAsync();

        var pages = await ReadPagesAsync(next =>
            Records.QueryMessagesAsync(
                SessionId,
                Name,
                new()
                {
                    Leaf = leaf,
                    FromDepth = from,
                    ToDepth = to,
                    Order = order,
                    PageSize = 3,
                },
                next
            )
        );

        string.Join(',', pages.Select(Texts)).Should().Be(expected);
    }

    [Fact]
    public async Task HeadThatMovesBetweenPages_DoesNotChangeWhatIsRead()
    {
        await CreateSessionAsync();
        var turn = await SayAsync(null, Message("one"), Message("two"), Message("three"));
        var query = new MessageQuery { PageSize = 2 };
        var first = await Records.QueryMessagesAsync(SessionId, Name, query);
        await MoveAsync(turn.Head, turn.First);
        await SayAsync(turn.First, Message("other"), Message("another"));

        var second = await Records.QueryMessagesAsync(SessionId, Name, query, first.Continuation);

        Texts([.. first.Items, .. second.Items]).Should().Be("one two three");
    }

    [Fact]
    public async Task Conversations_AreApartAndListedByName()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        foreach (var name in (string[])["z", "ä", "Z", "../a", "a", "\U0001F600", "\uFFFD"])
            await Records.CommitAsync(NewCommit() with { Conversations = [Change(null, [Message(name)]) with { Conversation = name }] });
        await Records.CommitAsync(
            NewCommit("s-2") with
            {
                Conversations = [Change(null, [Message("elsewhere")]) with { Conversation = "a" }],
            }
        );

        var pages = await ReadPagesAsync(next => Records.QueryConversationsAsync(SessionId, 3, next));

        pages.Select(page => page.Count).Should().Equal(3, 3, 1);
        pages.SelectMany(page => page).Select(it => it.Name).Should().Equal("../a", "Z", "a", "z", "ä", "\uFFFD", "\U0001F600");
        var query = new MessageQuery();
        Texts((await Records.QueryMessagesAsync(SessionId, "a", query)).Items).Should().Be("a");
        Texts((await Records.QueryMessagesAsync("s-2", "a", query)).Items).Should().Be("elsewhere");
        (await Records.CountMessagesAsync(SessionId)).Should().Be(new ConversationTotals(7, 7));
        (await Records.CountMessagesAsync("s-2")).Should().Be(new ConversationTotals(1, 1));
    }

    [Fact]
    public async Task Branches_ArePagedInTheOrderInWhichTheyBegan()
    {
        await CreateSessionAsync();
        for (var i = 0; i < 5; i++)
            await SayAsync(null, Message($"{i}"));

        var pages = await ReadPagesAsync(next => Records.QueryBranchesAsync(SessionId, Name, 2, next));

        pages.Select(page => page.Count).Should().Equal(2, 2, 1);
        pages.SelectMany(page => page).Select(branch => branch.Leaf.Run).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        pages.SelectMany(page => page).Select(branch => branch.HasHead).Should().Equal(true, false, false, false, false);
        (await Records.CountMessagesAsync(SessionId)).Should().Be(new ConversationTotals(1, 5));
    }

    [Fact]
    public async Task WhatIsNotThere_IsEmpty()
    {
        await CreateSessionAsync();
        await SayAsync(null, Message("one"));

        foreach (var (session, name) in ((string, string)[])[(SessionId, "other"), ("nobody", Name)])
        {
            (await Records.GetConversationAsync(session, name)).Should().BeNull();
            (await Records.QueryMessagesAsync(session, name, new())).Items.Should().BeEmpty();
            (await Records.QueryBranchesAsync(session, name, 10)).Items.Should().BeEmpty();
        }
        (await Records.QueryConversationsAsync("nobody", 10)).Items.Should().BeEmpty();
        (await Records.CountMessagesAsync("nobody")).Should().Be(default(ConversationTotals));
        (await ReadAsync(new() { Leaf = new(4711, 1) })).Should().BeEmpty();
    }

    [Fact]
    public async Task MessageOfAnotherConversation_CanBeNeitherFollowedNorReadNorMadeTheHead()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        var here = await SayAsync(null, Message("here"));
        var there = await Records.CommitAsync(
            NewCommit() with
            {
                Conversations = [Change(null, [Message("there")]) with { Conversation = "there" }],
            }
        );
        var elsewhere = await Records.CommitAsync(NewCommit("s-2") with { Conversations = [Change(null, [Message("elsewhere")])] });

        foreach (
            var foreign in (MessageId?[])
                [there.Conversations[0].First, elsewhere.Conversations[0].First, new(99, 1), here.First!.Value with { Depth = 2 }]
        )
        {
            var follow = () => SayAsync(foreign, Message("no"));
            var move = () => MoveAsync(here.Head, foreign);

            (await follow.Should().ThrowAsync<NotFoundException>()).WithMessage($"*'{Name}'*'{foreign}'*");
            await move.Should().ThrowAsync<NotFoundException>();
        }
        (await ReadAsync(new() { Leaf = there.Conversations[0].First })).Should().BeEmpty();
        (await Records.CountMessagesAsync(SessionId)).Should().Be(new ConversationTotals(2, 2));
    }

    [Fact]
    public async Task RefusedCommit_SaysNothing()
    {
        await CreateSessionAsync();
        var refused = NewCommit() with { ExpectedRevision = 7, Conversations = [Change(null, [Message("no")])] };

        var commit = () => Records.CommitAsync(refused).AsTask();

        await commit.Should().ThrowAsync<ConflictException>();
        (await Records.CountMessagesAsync(SessionId)).Should().Be(default(ConversationTotals));
    }

    [Fact]
    public async Task RepeatedCommit_SaysItOnceAndReturnsWhatTheFirstOneWasGiven()
    {
        await CreateSessionAsync();
        var first = await SayAsync(null, Message("one"));
        var won = NewCommit() with { Conversations = [Change(first.Head, [Message("two")])] };
        var lost = NewCommit() with
        {
            Conversations = [Change(first.Head, [Message("other")]), Change(null, []) with { Head = first.Head }],
        };
        CommitResult[] results = [await Records.CommitAsync(won), await Records.CommitAsync(lost)];

        CommitResult[] again = [await Records.CommitAsync(won), await Records.CommitAsync(lost)];

        again.Should().BeEquivalentTo(results);
        again[1].Conversations.Select(it => it.HeadMoved).Should().Equal(false, false);
        (await Records.CountMessagesAsync(SessionId)).Should().Be(new ConversationTotals(1, 3));
    }

    [Fact]
    public async Task TurnsOfManyWriters_AreAllThereAndEachHeadMoveWonOnce()
    {
        const int Writers = 8;
        const int Turns = 12;
        await CreateSessionAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer))));

        (await Records.CountMessagesAsync(SessionId)).Should().Be(new ConversationTotals(1, Writers * Turns * 2));
        var all = results.SelectMany(it => it).ToList();
        all.Select(result => result.First).Should().OnlyHaveUniqueItems();
        var head = (await Records.GetConversationAsync(SessionId, Name))!.Head!.Value;
        head.Depth.Should().Be(all.Count(result => result.HeadMoved) * 2, "each turn that won the head went on from the one before");
        (await ReadAsync(new() { PageSize = 1000 })).Should().HaveCount(head.Depth);

        async Task<List<ConversationResult>> WriteAsync(int writer)
        {
            var written = new List<ConversationResult>();
            for (var turn = 0; turn < Turns; turn++)
            {
                var known = (await Records.GetConversationAsync(SessionId, Name))?.Head;
                written.Add(await SayAsync(known, Message($"{writer}.{turn}"), Message("answer")));
            }
            return written;
        }
    }

    [Fact]
    public async Task BadPage_IsRefused()
    {
        await CreateSessionAsync();
        await SayAsync(null, Message("one"));

        foreach (
            var read in (Func<Task>[])
                [
                    () => ReadAsync(new() { PageSize = 0 }),
                    () => ReadAsync(new() { PageSize = 1001 }),
                    () => ReadAsync(new() { FromDepth = 0 }),
                    () => Records.QueryMessagesAsync(SessionId, Name, new(), "x").AsTask(),
                    () => Records.QueryConversationsAsync(SessionId, 0).AsTask(),
                    () => Records.QueryBranchesAsync(SessionId, Name, 0).AsTask(),
                    () => Records.QueryBranchesAsync(SessionId, Name, 10, "x").AsTask(),
                ]
        )
            await read.Should().ThrowAsync<ArgumentException>();
    }

    /// <summary>1 to 12, in three runs.</summary>
    private async Task<MessageId> BranchAsync()
    {
        var first = await SayAsync(null, [.. Numbers(1, 6)]);
        var from = first.First!.Value with { Depth = 4 };
        await MoveAsync(first.Head, from);
        var second = await SayAsync(from, [.. Numbers(5, 10)]);
        from = second.First!.Value with { Depth = 8 };
        await MoveAsync(second.Head, from);
        return (await SayAsync(from, [.. Numbers(9, 12)])).Head!.Value;

        static IEnumerable<MessageRecord> Numbers(int first, int last) =>
            Enumerable.Range(first, last - first + 1).Select(i => Message(i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>A message whose author is its text.</summary>
    private static MessageRecord Message(string text) =>
        new()
        {
            Role = "user",
            Author = text,
            Content = ContentDigest.Of(System.Text.Encoding.UTF8.GetBytes(text)),
            CreatedAt = Time,
        };

    private static string Texts(IEnumerable<MessageRecord> messages) => string.Join(' ', messages.Select(message => message.Author));

    private static ConversationChange Change(MessageId? expected, IReadOnlyList<MessageRecord> messages) =>
        new()
        {
            Conversation = Name,
            ExpectedHead = expected,
            Messages = messages,
        };

    private async Task<ConversationResult> SayAsync(MessageId? after, params MessageRecord[] messages) =>
        (await Records.CommitAsync(NewCommit() with { Conversations = [Change(after, messages)] })).Conversations.Single();

    private async Task<ConversationResult> MoveAsync(MessageId? from, MessageId? to) =>
        (await Records.CommitAsync(NewCommit() with { Conversations = [Change(from, []) with { Head = to }] })).Conversations.Single();

    private async Task<IReadOnlyList<MessageRecord>> ReadAsync(MessageQuery query) =>
        (await Records.QueryMessagesAsync(SessionId, Name, query)).Items;

    private async Task<IReadOnlyList<ConversationBranch>> BranchesAsync() => (await Records.QueryBranchesAsync(SessionId, Name, 100)).Items;
}
