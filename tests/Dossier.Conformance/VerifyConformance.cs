using System.Text;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Conformance;

/// <summary>What a verification finds in any storage, and what it does about it.</summary>
public abstract class VerifyConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const string Small = "a small content";
    private static readonly byte[] Large = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 251))];

    [Fact]
    public async Task EmptyStorage_IsClean()
    {
        var report = await VerifyAsync();

        report.IsClean.Should().BeTrue();
        report.ToString().Should().Be("Verified 0 sessions, 0 artifacts, 0 responses, 0 messages and 0 contents of 0 bytes: clean.");
    }

    [Fact]
    public async Task WholeStorage_IsCleanAndCountedOnce()
    {
        await FillAsync();
        await CreateSessionAsync("s-2");
        await Records.CommitAsync(NewCommit() with { Contents = [Inline(Small)], Artifacts = [NewArtifact("again", Small)] });

        var report = await VerifyAsync();

        report.IsClean.Should().BeTrue(report.ToString());
        report.Sessions.Should().Be(2);
        report.Artifacts.Should().Be(3);
        report.Responses.Should().Be(0);
        report.Contents.Should().Be(2);
        report.Bytes.Should().Be(Small.Length + Large.Length);
        report.Unreferenced.Should().Be(0);
    }

    [Fact]
    public async Task WholeConversations_AreClean()
    {
        await CreateSessionAsync();
        await SayAsync(broken: 0);

        var report = await VerifyAsync();
        var ofSession = await Storage.Maintenance.VerifyAsync(new() { SessionId = SessionId }, null, default);

        report.IsClean.Should().BeTrue(report.ToString());
        (report.Messages, report.Contents).Should().Be((6, 1));
        ofSession.Should().BeEquivalentTo(report);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    public async Task MessageThatDoesNotHaveItsHash_IsReported(int broken)
    {
        await CreateSessionAsync();
        var ids = await SayAsync(broken);

        var report = await VerifyAsync();

        var problem = report.Problems.Should().ContainSingle().Subject;
        problem.Kind.Should().Be(VerifyProblemKind.HistoryBroken);
        problem.Affected.Should().Equal(new AffectedRecord(SessionId, ids[broken - 1].ToString(), "talk", null));
        problem.ToString().Should().Contain($"message {ids[broken - 1]} of conversation 'talk' in session 's-1'");
        (await Storage.Maintenance.VerifyAsync(new() { SessionId = SessionId }, null, default)).ProblemCount.Should().Be(1);
    }

    [Fact]
    public async Task ContentOfAMessageThatIsMissing_IsReportedWithTheMessage()
    {
        await CreateSessionAsync();
        var large = await Storage.Contents.WriteAsync(new MemoryStream(Large));
        await SayAsync(broken: 0, [large.Digest]);
        await Records.CommitAsync(NewCommit() with { Contents = [large] });
        await Storage.Contents.DeleteAsync(large.Digest);

        var problem = (await VerifyAsync()).Problems.Should().ContainSingle().Subject;

        problem.Kind.Should().Be(VerifyProblemKind.Missing);
        problem.AffectedCount.Should().Be(6);
        problem.Affected.Should().OnlyContain(affected => affected.Name == "talk");
    }

    /// <summary>Three messages, and a branch of three behind the second of them; one of them may have another hash than it should.</summary>
    private async Task<List<MessageId>> SayAsync(int broken, IReadOnlyList<ContentDigest>? data = null)
    {
        var ids = new List<MessageId>();
        var number = 0;
        var text = Inline("""{"role":"user","contents":[]}""");
        ContentDigest? before = null;
        ContentDigest? second = null;
        ConversationChange Next(MessageId? head)
        {
            var messages = new List<MessageRecord>();
            for (var i = 0; i < 3; i++)
            {
                var message = new MessageRecord
                {
                    Role = "user",
                    Content = text.Digest,
                    Data = data ?? [],
                    CreatedAt = Time.AddSeconds(number),
                };
                message = message with { Hash = ++number == broken ? ContentDigest.Of("other"u8) : message.ComputeHash(before) };
                before = message.Hash;
                second = number == 2 ? before : second;
                messages.Add(message);
            }
            return new()
            {
                Conversation = "talk",
                ExpectedHead = head,
                Messages = messages,
            };
        }
        for (MessageId? head = null; ids.Count < 6; before = second)
        {
            var result = await Records.CommitAsync(NewCommit() with { Contents = [text], Conversations = [Next(head)] });
            var first = result.Conversations[0].First!.Value;
            ids.AddRange(Enumerable.Range(first.Depth, 3).Select(depth => first with { Depth = depth }));
            head = ids[1];
        }
        return ids;
    }

    [Theory]
    [InlineData("small")]
    [InlineData("large")]
    public async Task DamagedContent_IsReportedWithWhatItAffects(string name)
    {
        var damaged = await FillAndDamageAsync(name);

        var report = await VerifyAsync();

        report.IsClean.Should().BeFalse();
        report.Contents.Should().Be(2, "damage to one does not hide the other");
        report.Bytes.Should().Be(Small.Length + Large.Length);
        var problem = report.Problems.Should().ContainSingle().Subject;
        problem.Kind.Should().Be(VerifyProblemKind.Damaged);
        problem.Digest.Should().Be(damaged.Digest);
        (problem.ExpectedSize, problem.FoundSize).Should().Be((damaged.Size, damaged.Size));
        problem.Affected.Should().Equal(new AffectedRecord(SessionId, damaged.Id, name, 1));
        problem.WasQuarantined.Should().BeFalse();
        report
            .ToString()
            .Should()
            .Contain("1 problem.")
            .And.Contain($"damaged {damaged.Digest}")
            .And.Contain($"artifact '{name}' version 1 in session 's-1'")
            .And.Contain("from a backup");
        (await VerifyAsync()).Problems.Should().HaveCount(1, "it was only looked at");
    }

    [Fact]
    public async Task ContentThatWasNotToBeKept_IsNotMissing()
    {
        await CreateSessionAsync();
        var digest = ContentDigest.Of("not kept"u8);
        var response = NewResponse() with { RequestMessages = [digest], RequestOptions = digest, ResponseMessages = [digest] };
        var step = new StepBegin
        {
            Key = digest,
            Fence = 1,
            Owner = "here/1/2",
            Lease = TimeSpan.FromHours(1),
            Step = new()
            {
                Key = digest,
                Name = "split",
                ResultType = "System.String",
                Inputs = [new(digest) { IsKept = false }],
                CreatedAt = Time,
            },
        };
        await Records.CommitAsync(NewCommit() with { Responses = [response with { Capture = Capture.DigestsOnly }], Steps = [step] });

        (await VerifyAsync()).IsClean.Should().BeTrue();
        // The same is missing from a record that should have it.
        await StoreAsync(response with { Id = NewId() });
        (await VerifyAsync()).Problems.Should().ContainSingle().Which.AffectedCount.Should().Be(1);
    }

    [Fact]
    public async Task MissingContent_IsReported()
    {
        var (_, large) = await FillAsync();
        await Storage.Contents.DeleteAsync(large.Digest);

        var problem = (await VerifyAsync()).Problems.Should().ContainSingle().Subject;

        problem.Kind.Should().Be(VerifyProblemKind.Missing);
        problem.Digest.Should().Be(large.Digest);
        problem.ExpectedSize.Should().Be(large.Size);
        problem.FoundSize.Should().BeNull();
        problem.AffectedCount.Should().Be(1);
    }

    [Fact]
    public async Task ContentThatNoCommitBrought_IsReported()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a", "nobody stored this");
        await StoreAsync(artifact);

        var problem = (await VerifyAsync()).Problems.Should().ContainSingle().Subject;

        problem.Kind.Should().Be(VerifyProblemKind.Missing);
        problem.Digest.Should().Be(artifact.Digest);
    }

    [Fact]
    public async Task SizeThatARecordHasWrong_IsReported()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a", Small) with { Size = 7 };
        await Records.CommitAsync(NewCommit() with { Contents = [Inline(Small)], Artifacts = [artifact] });

        var problem = (await VerifyAsync()).Problems.Should().ContainSingle().Subject;

        problem.Kind.Should().Be(VerifyProblemKind.Inconsistent);
        (problem.ExpectedSize, problem.FoundSize).Should().Be((7, Small.Length));
        problem.Affected.Should().ContainSingle(it => it.Id == artifact.Id);
    }

    [Fact]
    public async Task ContentThatNothingNames_IsCountedAndNoProblem()
    {
        await CreateSessionAsync();
        await Records.CommitAsync(NewCommit() with { Contents = [Inline(Small)] });

        var report = await VerifyAsync();

        report.IsClean.Should().BeTrue(report.ToString());
        (report.Unreferenced, report.UnreferencedBytes).Should().Be((1, Small.Length));
        report.ToString().Should().Contain("1 content of 15 bytes is named by no record; a purge frees it.");
    }

    [Fact]
    public async Task DamagedContentThatNothingNames_IsReported()
    {
        await CreateSessionAsync();
        await Records.CommitAsync(NewCommit() with { Contents = [Inline(Small)] });
        Fixture.Damage(Storage, Inline(Small).Digest);

        var report = await VerifyAsync();

        report.Problems.Should().ContainSingle(it => it.Kind == VerifyProblemKind.Damaged && it.AffectedCount == 0);
    }

    [Theory]
    [InlineData("request")]
    [InlineData("options")]
    [InlineData("answer")]
    [InlineData("request image")]
    [InlineData("tool image")]
    public async Task WhatAResponseNames_IsChecked(string part)
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = SessionId });
        using var client = session.Track(new EchoChatClient(), "acme/m-1");
        var image = new DataContent(Encoding.UTF8.GetBytes("a request image"), "image/png");
        var made = new DataContent(Encoding.UTF8.GetBytes("a tool image"), "image/png");
        await client.GetResponseAsync(
            [new(ChatRole.User, [image]), new(ChatRole.Tool, [new FunctionResultContent("1", made)])],
            new() { Temperature = 0.5f }
        );
        var response = await session.Responses.ListAsync().SingleAsync();
        (await VerifyAsync())
            .Should()
            .BeEquivalentTo(
                new
                {
                    IsClean = true,
                    Responses = 1,
                    Contents = 6,
                    Unreferenced = 0,
                }
            );
        var digest = part switch
        {
            "request" => response.RequestMessages[0],
            "options" => response.RequestOptions!.Value,
            "answer" => response.ResponseMessages[0],
            "request image" => ContentDigest.Of(image.Data.Span),
            _ => ContentDigest.Of(made.Data.Span),
        };

        Fixture.Damage(Storage, digest);

        var problem = (await VerifyAsync()).Problems.Should().ContainSingle().Subject;
        problem.Digest.Should().Be(digest);
        problem.Affected.Should().Equal(new AffectedRecord(SessionId, response.Id, null, null));
        problem.ToString().Should().Contain($"response {response.Id} in session 's-1'");
    }

    [Fact]
    public async Task TextThatLooksLikeAReference_IsNone()
    {
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = SessionId });
        using var client = session.Track(new EchoChatClient(), "acme/m-1");
        await client.GetResponseAsync($"What is dossier-content:{ContentDigest.Of("nothing"u8)}?");

        (await VerifyAsync()).IsClean.Should().BeTrue();
    }

    [Fact]
    public async Task ManyThatAreAffected_AreCountedAndTheFirstAreNamed()
    {
        await CreateSessionAsync();
        var artifacts = Enumerable.Range(0, 50).Select(_ => NewArtifact("a", Small)).ToArray();
        await Records.CommitAsync(NewCommit() with { Contents = [Inline(Small)], Artifacts = artifacts });
        Fixture.Damage(Storage, Inline(Small).Digest);

        var problem = (await VerifyAsync()).Problems.Should().ContainSingle().Subject;

        problem.AffectedCount.Should().Be(50);
        problem.Affected.Select(it => it.Version).Should().Equal(Enumerable.Range(1, 20).Cast<int?>());
        problem.ToString().Should().Contain(" and 30 more.");
    }

    [Fact]
    public async Task OneSession_IsVerifiedByItself()
    {
        var damaged = await FillAndDamageAsync("large");
        await CreateSessionAsync("s-2");
        await Records.CommitAsync(
            NewCommit("s-2") with
            {
                Contents = [Inline(Small)],
                Artifacts = [NewArtifact("mine", Small) with { SessionId = "s-2" }],
            }
        );

        var other = await VerifyAsync(new() { SessionId = "s-2" });
        var first = await VerifyAsync(new() { SessionId = SessionId });

        other
            .Should()
            .BeEquivalentTo(
                new
                {
                    IsClean = true,
                    Sessions = 1,
                    Artifacts = 1,
                    Contents = 1,
                }
            );
        first.Problems.Should().ContainSingle(it => it.Digest == damaged.Digest);
    }

    [Fact]
    public async Task SessionThatDoesNotExist_IsNotFound()
    {
        var verify = () => VerifyAsync(new() { SessionId = "nobody" });

        (await verify.Should().ThrowAsync<NotFoundException>()).WithMessage("*'nobody'*");
    }

    [Theory]
    [InlineData("small")]
    [InlineData("large")]
    public async Task QuarantinedContent_SaysSoToItsReadersUntilItIsStoredAgain(string name)
    {
        var damaged = await FillAndDamageAsync(name);

        var first = await VerifyAsync(new() { Quarantine = true });
        var second = await VerifyAsync(new() { Quarantine = true });

        first.Problems.Should().ContainSingle(it => it.Kind == VerifyProblemKind.Damaged && it.WasQuarantined);
        first.ToString().Should().Contain("It was set aside now.").And.Contain("or store the same bytes again");
        var problem = second.Problems.Should().ContainSingle().Subject;
        problem.Kind.Should().Be(VerifyProblemKind.Quarantined);
        problem.Affected.Should().ContainSingle(it => it.Name == name);
        await using var store = new SessionStore(Storage);
        await using var session = await store.OpenAsync(new() { SessionId = SessionId });
        var artifact = (await session.FindArtifactAsync(name))!;
        var read = () => artifact.ReadBytesAsync();
        (await read.Should().ThrowAsync<StorageException>()).WithMessage($"*{damaged.Digest}*was quarantined on *UTC*backup*again*");

        await session.StoreArtifactAsync("healing", name == "small" ? Encoding.UTF8.GetBytes(Small) : Large, "binary");

        ContentDigest.Of(await artifact.ReadBytesAsync()).Should().Be(damaged.Digest);
        (await VerifyAsync()).IsClean.Should().BeTrue();
    }

    [Fact]
    public async Task Progress_ReachesItsTotal()
    {
        await FillAsync();
        var seen = new List<VerifyProgress>();

        await Storage.Maintenance.VerifyAsync(new(), new Recorder(seen));

        seen[0].Should().Be(new VerifyProgress(0, 2, 0, Small.Length + Large.Length));
        seen[^1].Should().Be(new VerifyProgress(2, 2, Small.Length + Large.Length, Small.Length + Large.Length));
    }

    [Fact]
    public async Task Cancelled_VerificationStopsAndLeavesEverythingAsItWas()
    {
        await FillAndDamageAsync("large");
        using var cancellation = new CancellationTokenSource();

        var verify = () => Storage.Maintenance.VerifyAsync(new() { Quarantine = true }, new Canceller(cancellation), cancellation.Token);

        await verify.Should().ThrowAsync<OperationCanceledException>();
        (await VerifyAsync()).Problems.Should().ContainSingle(it => it.Kind == VerifyProblemKind.Damaged);
    }

    [Fact]
    public async Task NegativeGracePeriod_IsRefused()
    {
        var verify = () => VerifyAsync(new() { GracePeriod = TimeSpan.FromSeconds(-1) });

        await verify.Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    private Task<VerifyReport> VerifyAsync(VerifyOptions? options = null) => Storage.Maintenance.VerifyAsync(options ?? new());

    private async Task<(ArtifactRecord Small, ArtifactRecord Large)> FillAsync()
    {
        await CreateSessionAsync();
        var stored = await Storage.Contents.WriteAsync(new MemoryStream(Large));
        var small = NewArtifact("small", Small);
        var large = NewArtifact("large") with { Digest = stored.Digest, Size = stored.Size };
        await Records.CommitAsync(NewCommit() with { Contents = [Inline(Small), stored], Artifacts = [small, large] });
        return (small, large);
    }

    private async Task<ArtifactRecord> FillAndDamageAsync(string name)
    {
        var (small, large) = await FillAsync();
        var damaged = name == "small" ? small : large;
        Fixture.Damage(Storage, damaged.Digest);
        return damaged;
    }

    private sealed class Recorder(List<VerifyProgress> seen) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) => seen.Add(value);
    }

    private sealed class Canceller(CancellationTokenSource cancellation) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) => cancellation.Cancel();
    }
}

/// <summary>Answers with what it was asked.</summary>
file sealed class EchoChatClient : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "an answer")));

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => GetResponseAsync(messages, options, cancellationToken).Result.ToChatResponseUpdates().ToAsyncEnumerable();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
