using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Responses: sequences, replacement, look-ups, lists.</summary>
public abstract class ResponseConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Fact]
    public async Task StoredResponse_IsReadBackAsItWas()
    {
        await CreateSessionAsync();
        var response = NewResponse("käy 😀") with
        {
            Operation = ResponseOperation.Embedding,
            Dimensions = 256,
            TraceId = "0af7651916cd43dd8448eb211c80319c",
            SpanId = "b7ad6b7169203331",
            Outcome = ResponseOutcome.Failed,
            Provider = "openai",
            RequestedModel = "m",
            Usage = new() { Input = 1, Reasoning = 2 },
            Cost = new() { Amount = 0.000123m, PriceSource = new("catalogue", new DateOnly(2026, 1, 2)) },
            Duration = TimeSpan.FromMicroseconds(1_234_567),
            Error = new()
            {
                Type = "T",
                Message = "M",
                StatusCode = 500,
            },
            RequestMessages = [ContentDigest.Of("x"u8)],
            InputArtifacts = [NewId()],
            TextDigest = ContentDigest.Of("y"u8),
        };

        var result = await StoreAsync(response);

        result.ResponseSequences.Should().Equal(1);
        (await Records.GetResponseAsync(SessionId, response.Id))
            .Should()
            .BeEquivalentTo(response with { SessionId = SessionId, Sequence = 1 });
    }

    [Fact]
    public async Task Attempts_AreReadBackAsTheyWere()
    {
        await CreateSessionAsync();
        var error = new ResponseError
        {
            Type = "T",
            Message = "M",
            Kind = ProviderErrorKind.RateLimited,
            StatusCode = 429,
            IsTransient = true,
        };
        var response = NewResponse() with { Provider = "openai", RequestedModel = "m" };
        Attempt[] attempts =
        [
            new()
            {
                Number = 1,
                Provider = "openai",
                RequestedModel = "m",
                StartedAt = response.StartedAt,
                Duration = TimeSpan.FromMicroseconds(1_234_567),
                Outcome = AttemptOutcome.Failed,
                Error = error,
            },
            new()
            {
                Number = 2,
                Reason = AttemptReason.Fallback,
                Cause = error,
                Provider = "anthropic",
                RequestedModel = "n",
                StartedAt = response.StartedAt,
                Duration = TimeSpan.Zero,
                Outcome = AttemptOutcome.Skipped,
                Error = new() { Message = "skipped" },
            },
            new()
            {
                Number = 3,
                ModelCall = 2,
                Reason = AttemptReason.Retry,
                Cause = error,
                Provider = "other",
                RequestedModel = "o",
                ServedModel = "o-2026",
                Wait = TimeSpan.FromSeconds(2),
                StartedAt = response.StartedAt.AddSeconds(3),
                Duration = TimeSpan.FromSeconds(1),
                TimeToFirstToken = TimeSpan.FromMilliseconds(30),
                Outcome = AttemptOutcome.Succeeded,
                Usage = new() { Input = 1, Reasoning = 2 },
                Cost = new() { Amount = 0.000123m, PriceSource = new("catalogue", new DateOnly(2026, 1, 2)) },
            },
            new()
            {
                Number = 4,
                Provider = "other",
                RequestedModel = "o",
                StartedAt = response.StartedAt.AddSeconds(9),
                Outcome = AttemptOutcome.InProgress,
            },
        ];
        var alone = NewResponse() with
        {
            Provider = "openai",
            RequestedModel = "m",
            ServedModel = "m-1",
            Usage = new() { Input = 7 },
        };
        alone = alone with
        {
            Attempts =
            [
                new()
                {
                    Number = 1,
                    Provider = "openai",
                    RequestedModel = "m",
                    ServedModel = "m-1",
                    StartedAt = alone.StartedAt,
                    Outcome = AttemptOutcome.Succeeded,
                    Usage = alone.Usage,
                },
            ],
        };

        await StoreAsync(response with { Attempts = attempts }, alone);

        (await Records.GetResponseAsync(SessionId, response.Id))!.Attempts.Should().Equal(attempts);
        (await Records.GetResponseAsync(SessionId, alone.Id))!.Attempts.Should().Equal(alone.Attempts);
    }

    [Fact]
    public async Task ToolCalls_AreReadBackAsTheyWere()
    {
        await CreateSessionAsync();
        var response = NewResponse();
        ToolCall[] calls =
        [
            new()
            {
                ModelCall = 1,
                CallId = "call-1",
                Name = "weather",
                StartedAt = response.StartedAt,
                Duration = TimeSpan.FromMicroseconds(1_234_567),
                Outcome = ToolCallOutcome.Succeeded,
            },
            new()
            {
                ModelCall = 0,
                CallId = "call-2",
                Name = "mail",
                StartedAt = response.StartedAt.AddSeconds(1),
                Outcome = ToolCallOutcome.Interrupted,
                Error = new() { Type = "T", Message = "M" },
            },
        ];

        await StoreAsync(response with { ToolCalls = calls });

        (await Records.GetResponseAsync(SessionId, response.Id))!.ToolCalls.Should().Equal(calls);
    }

    [Theory]
    [InlineData("00000000000000000000000000000001")]
    [InlineData("x")]
    public async Task UnknownResponse_IsNull(string id)
    {
        await CreateSessionAsync();

        (await Records.GetResponseAsync(SessionId, id)).Should().BeNull();
        (await Records.GetResponseAsync("nobody", id)).Should().BeNull();
        (await Records.FindResponseAsync(SessionId, id)).Should().BeNull();
        (await Records.FindResponseAsync("nobody", id)).Should().BeNull();
    }

    [Fact]
    public async Task ArtifactsAndResponses_ShareOneSequence()
    {
        await CreateSessionAsync();
        await StoreAsync(NewArtifact("a"));

        var both = await Records.CommitAsync(
            NewCommit() with
            {
                Artifacts = [NewArtifact("b")],
                Responses = [NewResponse(), NewResponse()],
            }
        );

        both.ArtifactSequences.Concat(both.ResponseSequences).Should().BeEquivalentTo([2L, 3L, 4L]);
        (await StoreAsync(NewArtifact("c"))).ArtifactSequences.Should().Equal(5);
    }

    [Fact]
    public async Task RepeatedId_ReplacesTheRecordAndKeepsItsPlace()
    {
        await CreateSessionAsync();
        var begun = NewResponse("k") with { Outcome = ResponseOutcome.InProgress };
        await StoreAsync(begun);
        await StoreAsync(NewResponse());

        var result = await StoreAsync(begun with { Outcome = ResponseOutcome.Succeeded, FinishReason = "stop" });

        result.ResponseSequences.Should().Equal(1);
        var read = await Records.GetResponseAsync(SessionId, begun.Id);
        read!.Sequence.Should().Be(1);
        read.FinishReason.Should().Be("stop");
        read.Success.Should().BeTrue();
        (await Records.QueryResponsesAsync(SessionId, new())).Items.Should().HaveCount(2);
        (await StoreAsync(NewResponse())).ResponseSequences.Should().Equal(3);
    }

    [Fact]
    public async Task Interruption_ReplacesWhatIsInProgress_AndNothingThatHasEnded()
    {
        await CreateSessionAsync();
        var begun = NewResponse() with { Outcome = ResponseOutcome.InProgress, Process = "machine/1/2" };
        var ended = NewResponse();
        await StoreAsync(begun, ended);

        await StoreAsync(begun with { Outcome = ResponseOutcome.Interrupted });
        await StoreAsync(begun with { Outcome = ResponseOutcome.Interrupted }); // somebody else found it, too
        var late = () => StoreAsync(NewResponse("k"), ended with { Outcome = ResponseOutcome.Interrupted });

        (await late.Should().ThrowAsync<ConflictException>())
            .Which.Should()
            .Match<ConflictException>(it => it.Guard == "response.in_progress" && it.Actual == "Succeeded");
        (await Records.FindResponseAsync(SessionId, "k")).Should().BeNull();
        (await Records.GetResponseAsync(SessionId, ended.Id))!.Success.Should().BeTrue();
        var read = await Records.GetResponseAsync(SessionId, begun.Id);
        read!.Outcome.Should().Be(ResponseOutcome.Interrupted);
        read.Process.Should().Be("machine/1/2");
        await StoreAsync(begun with { Outcome = ResponseOutcome.Failed }); // it lived after all
        (await Records.GetResponseAsync(SessionId, begun.Id))!.Outcome.Should().Be(ResponseOutcome.Failed);
    }

    [Fact]
    public async Task InProgress_AreFoundByTheirOutcome_UntilTheyEnd()
    {
        await CreateSessionAsync();
        var (first, second) = (Begun("first"), Begun("second"));
        await StoreAsync(first, NewResponse("other"), second);
        (await FindAsync(new() { Outcome = ResponseOutcome.InProgress })).Should().Be("first second");

        await StoreAsync(first with { Outcome = ResponseOutcome.Cancelled });

        (await FindAsync(new() { Outcome = ResponseOutcome.InProgress })).Should().Be("second");

        TrackedResponse Begun(string key) => NewResponse(key) with { Outcome = ResponseOutcome.InProgress };
    }

    [Fact]
    public async Task RepeatedIdInOneCommit_IsOneRecord()
    {
        await CreateSessionAsync();
        var response = NewResponse("k");

        var result = await StoreAsync(response, response with { FinishReason = "length" });

        result.ResponseSequences.Should().Equal(1, 1);
        (await Records.FindResponseAsync(SessionId, "k"))!.FinishReason.Should().Be("length");
    }

    [Fact]
    public async Task ReplacementUnderAnotherKey_IsFoundUnderThatOnly()
    {
        await CreateSessionAsync();
        var response = NewResponse("old");
        await StoreAsync(response);

        await StoreAsync(response with { Key = "new" });

        (await Records.FindResponseAsync(SessionId, "old")).Should().BeNull();
        (await Records.FindResponseAsync(SessionId, "new"))!.Id.Should().Be(response.Id);
    }

    [Fact]
    public async Task FindByKey_GivesTheLatest()
    {
        await CreateSessionAsync();
        var first = NewResponse("k");
        var second = NewResponse("k");
        await StoreAsync(first, second, NewResponse("other"));

        await StoreAsync(first with { FinishReason = "stop" });

        (await Records.FindResponseAsync(SessionId, "k"))!.Id.Should().Be(second.Id);
        (await Records.FindResponseAsync(SessionId, "K")).Should().BeNull();
    }

    [Fact]
    public async Task OutputArtifacts_AreThoseNamedAndThoseThatNameIt()
    {
        await CreateSessionAsync();
        var response = NewResponse("k");
        var produced = NewArtifact("a") with { ProducedBy = response.Id };
        var named = NewArtifact("b");
        await StoreAsync(produced, named);
        await StoreAsync(response with { OutputArtifacts = [named.Id] });
        var later = NewArtifact("c") with { ProducedBy = response.Id };
        await StoreAsync(later);

        string[] expected = [named.Id, produced.Id, later.Id];

        (await Records.GetResponseAsync(SessionId, response.Id))!.OutputArtifacts.Should().Equal(expected);
        (await Records.FindResponseAsync(SessionId, "k"))!.OutputArtifacts.Should().Equal(expected);
        (await Records.QueryResponsesAsync(SessionId, new())).Items.Single().OutputArtifacts.Should().Equal(expected);
    }

    [Theory]
    [InlineData(RecordOrder.OldestFirst, "a b,a b,a")]
    [InlineData(RecordOrder.NewestFirst, "a b,a b,a")]
    public async Task Pages_FollowTheOrder(RecordOrder order, string expected)
    {
        await CreateSessionAsync();
        await StoreAsync([.. "ababa".Select(key => NewResponse(key.ToString()))]);

        var pages = await ReadPagesAsync(next => Records.QueryResponsesAsync(SessionId, new() { Order = order, PageSize = 2 }, next));

        Keys(pages).Should().Be(expected);
        pages.SelectMany(page => page).Select(response => response.Sequence).Should().OnlyHaveUniqueItems();
        (pages[0][0].Sequence < pages[^1][0].Sequence).Should().Be(order is RecordOrder.OldestFirst);
    }

    [Fact]
    public async Task EachFilter_FindsWhatMatchesIt()
    {
        await CreateSessionAsync();
        await StoreAsync(NewResponse("a"), NewResponse("b") with { Outcome = ResponseOutcome.Failed }, NewResponse("a"), NewResponse());

        (await FindAsync(new() { Key = "a" })).Should().Be("a a");
        (await FindAsync(new() { Key = "A" })).Should().BeEmpty();
        (await FindAsync(new() { Outcome = ResponseOutcome.Failed })).Should().Be("b");
        (await FindAsync(new() { Outcome = ResponseOutcome.Succeeded })).Should().Be("a a ");
        (await FindAsync(new() { Key = "a", Outcome = ResponseOutcome.Failed })).Should().BeEmpty();
    }

    [Fact]
    public async Task TextDigest_FindsWhatAnsweredWithTheText()
    {
        var text = ContentDigest.Of("yes"u8);
        var begun = NewResponse("begun") with { Outcome = ResponseOutcome.InProgress };
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        await StoreAsync(
            NewResponse("first") with
            {
                TextDigest = text,
            },
            NewResponse("none"),
            NewResponse("other") with
            {
                TextDigest = ContentDigest.Of("no"u8),
            },
            begun
        );
        await Records.CommitAsync(NewCommit("s-2") with { Responses = [NewResponse("elsewhere") with { TextDigest = text }] });

        (await FindAsync(new() { TextDigest = text })).Should().Be("first");
        await StoreAsync(begun with { Outcome = ResponseOutcome.Succeeded, TextDigest = text });

        (await FindAsync(new() { TextDigest = text })).Should().Be("first begun");
        (await FindAsync(new() { TextDigest = text, Key = "begun" })).Should().Be("begun");
        (await FindAsync(new() { TextDigest = ContentDigest.Of("maybe"u8) })).Should().BeEmpty();
        var latest = await Records.QueryResponsesAsync(
            SessionId,
            new()
            {
                TextDigest = text,
                Order = RecordOrder.NewestFirst,
                PageSize = 1,
            }
        );
        latest.Items.Should().ContainSingle().Which.Should().Match<TrackedResponse>(it => it.Key == "begun" && it.TextDigest == text);
    }

    [Fact]
    public async Task FilteredList_IsPaged()
    {
        await CreateSessionAsync();
        await StoreAsync([.. "abababa".Select(key => NewResponse(key.ToString()))]);

        var pages = await ReadPagesAsync(next => Records.QueryResponsesAsync(SessionId, new() { Key = "a", PageSize = 3 }, next));

        Keys(pages).Should().Be("a a a,a");
    }

    private static string Keys(IEnumerable<IReadOnlyList<TrackedResponse>> pages) =>
        string.Join(',', pages.Select(page => string.Join(' ', page.Select(response => response.Key))));

    private async Task<string> FindAsync(ResponseQuery query) => Keys([(await Records.QueryResponsesAsync(SessionId, query)).Items]);
}
