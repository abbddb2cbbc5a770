using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Trash and pins, of artifacts and of sessions.</summary>
public abstract class LifecycleConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Fact]
    public async Task TrashedArtifact_IsLeftOutUnlessAskedFor()
    {
        await CreateSessionAsync();
        var (kept, trashed) = (NewArtifact("a", "12345"), NewArtifact("a", "123"));
        await StoreAsync(kept, trashed);

        await ChangeAsync(trashed, ArtifactChangeKind.Trash, Time.AddSeconds(5));

        foreach (var session in new[] { SessionId, null })
        {
            (await IdsAsync(session, TrashFilter.Exclude)).Should().Equal(kept.Id);
            (await IdsAsync(session, TrashFilter.Only)).Should().Equal(trashed.Id);
            (await IdsAsync(session, TrashFilter.Include)).Should().Equal(kept.Id, trashed.Id);
            (await BytesAsync(session, TrashFilter.Exclude)).Should().Be(5);
            (await BytesAsync(session, TrashFilter.Only)).Should().Be(3);
            (await BytesAsync(session, TrashFilter.Include)).Should().Be(8);
        }
        (await Records.FindArtifactAsync(SessionId, "a"))!.Id.Should().Be(kept.Id);
        (await Records.FindArtifactAsync(SessionId, "a", 2)).Should().BeNull();
        (await Records.GetArtifactAsync(SessionId, trashed.Id))!.TrashedAt.Should().Be(Time.AddSeconds(5));
    }

    [Fact]
    public async Task RestoredArtifact_IsAsItWas()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a", "12345");
        await StoreAsync(artifact);
        var before = await Records.GetArtifactAsync(SessionId, artifact.Id);
        await ChangeAsync(artifact, ArtifactChangeKind.Trash);

        await ChangeAsync(artifact, ArtifactChangeKind.Restore);

        (await Records.GetArtifactAsync(SessionId, artifact.Id)).Should().BeEquivalentTo(before);
        (await BytesAsync(SessionId, TrashFilter.Exclude)).Should().Be(5);
        (await BytesAsync(null, TrashFilter.Exclude)).Should().Be(5);
    }

    [Fact]
    public async Task EveryChangeMadeTwice_IsHarmless()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");
        await StoreAsync(artifact);
        ArtifactChangeKind[] changes =
        [
            ArtifactChangeKind.Trash,
            ArtifactChangeKind.Restore,
            ArtifactChangeKind.Pin,
            ArtifactChangeKind.Unpin,
        ];

        foreach (var change in changes)
        {
            await ChangeAsync(artifact, change, Time.AddSeconds(1));
            var once = await Records.GetArtifactAsync(SessionId, artifact.Id);
            await ChangeAsync(artifact, change, Time.AddSeconds(9));
            (await Records.GetArtifactAsync(SessionId, artifact.Id)).Should().BeEquivalentTo(once);
        }
        (await BytesAsync(SessionId, TrashFilter.Exclude)).Should().Be(artifact.Size);
    }

    [Fact]
    public async Task VersionsInTheTrash_KeepTheirNumbers()
    {
        await CreateSessionAsync();
        var (first, second) = (NewArtifact("a"), NewArtifact("a"));
        await StoreAsync(first, second);
        await ChangeAsync(second, ArtifactChangeKind.Trash);

        var result = await StoreAsync(NewArtifact("a"));

        result.ArtifactVersions.Should().Equal(3);
    }

    [Fact]
    public async Task PinnedArtifact_CannotBeTrashed_AndNothingOfTheCommitIsWritten()
    {
        await CreateSessionAsync();
        var (pinned, other) = (NewArtifact("a"), NewArtifact("b"));
        await StoreAsync(pinned, other);
        await ChangeAsync(pinned, ArtifactChangeKind.Pin);

        var trash = async () =>
            await Records.CommitAsync(
                NewCommit() with
                {
                    Artifacts = [NewArtifact("c")],
                    ArtifactChanges = [new(other.Id, ArtifactChangeKind.Trash), new(pinned.Id, ArtifactChangeKind.Trash)],
                }
            );

        var conflict = (await trash.Should().ThrowAsync<ConflictException>().WithMessage($"*{pinned.Id}*Unpin*")).Which;
        conflict.Guard.Should().Be("artifact.pinned");
        conflict.Actual.Should().Be(pinned.Id);
        (await IdsAsync(SessionId, TrashFilter.Exclude)).Should().Equal(pinned.Id, other.Id);
        var query = new ArtifactQuery { IsPinned = true };
        (await Records.QueryArtifactsAsync(null, query)).Items.Select(it => it.Id).Should().Equal(pinned.Id);
        await ChangeAsync(pinned, ArtifactChangeKind.Unpin);
        await ChangeAsync(pinned, ArtifactChangeKind.Trash);
    }

    [Fact]
    public async Task TrashedArtifact_CannotBePinned()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");
        await StoreAsync(artifact);
        await ChangeAsync(artifact, ArtifactChangeKind.Trash);

        var pin = () => ChangeAsync(artifact, ArtifactChangeKind.Pin);

        (await pin.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("artifact.trashed");
    }

    [Theory]
    [InlineData("00000000000000000000000000abcdef")]
    [InlineData("not an id")]
    public async Task ChangeOfAnUnknownArtifact_IsNotFound(string id)
    {
        await CreateSessionAsync();

        var change = async () => await Records.CommitAsync(NewCommit() with { ArtifactChanges = [new(id, ArtifactChangeKind.Restore)] });

        await change.Should().ThrowAsync<NotFoundException>().WithMessage($"*{id}*");
    }

    [Fact]
    public async Task ArtifactPinnedByTheCommitThatStoresIt_IsPinned()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");

        await Records.CommitAsync(
            NewCommit() with
            {
                Artifacts = [artifact],
                ArtifactChanges = [new(artifact.Id, ArtifactChangeKind.Pin)],
            }
        );

        (await Records.GetArtifactAsync(SessionId, artifact.Id))!.IsPinned.Should().BeTrue();
    }

    [Fact]
    public async Task TrashedSession_IsLeftOutWithAllItOwns()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a", "12345");
        await StoreAsync(artifact);

        await TrashSessionAsync();

        (await SessionIdsAsync(TrashFilter.Exclude)).Should().BeEmpty();
        (await SessionIdsAsync(TrashFilter.Only)).Should().Equal(SessionId);
        (await SessionIdsAsync(TrashFilter.Include)).Should().Equal(SessionId);
        (await IdsAsync(null, TrashFilter.Exclude)).Should().BeEmpty();
        (await IdsAsync(null, TrashFilter.Only)).Should().Equal(artifact.Id);
        (await BytesAsync(null, TrashFilter.Exclude)).Should().Be(0);
        (await BytesAsync(null, TrashFilter.Only)).Should().Be(5);
        (await Records.GetSessionAsync(SessionId))!.TrashedAt.Should().Be(Time);
    }

    [Fact]
    public async Task CommitToATrashedSession_IsRefusedAndWritesNothing()
    {
        await CreateSessionAsync();
        await TrashSessionAsync();

        var store = () => StoreAsync(NewArtifact("a"));
        var complete = async () =>
            await Records.CommitAsync(
                NewCommit() with
                {
                    Session = (await Records.GetSessionAsync(SessionId))! with { Status = SessionStatus.Completed },
                }
            );

        (await store.Should().ThrowAsync<ConflictException>().WithMessage($"*{SessionId}*")).Which.Guard.Should().Be("session.trashed");
        (await complete.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.trashed");
        (await IdsAsync(SessionId, TrashFilter.Include)).Should().BeEmpty();
        (await Records.GetSessionAsync(SessionId))!.Status.Should().Be(SessionStatus.Active);
    }

    [Fact]
    public async Task CallThatEndsInTheTrash_IsThereAfterTheRestore()
    {
        await CreateSessionAsync();
        var hold = new BudgetHold
        {
            Id = NewId(),
            Amount = new() { Cost = 2, Calls = 1 },
            TakenAt = Time,
            Owner = "host/1",
        };
        var call = NewResponse("answer") with { Outcome = ResponseOutcome.InProgress };
        await Records.CommitAsync(NewCommit() with { Responses = [call], Holds = [hold] });
        await TrashSessionAsync();
        var answer = Inline("an answer that was paid for");

        await Records.CommitAsync(
            NewCommit() with
            {
                Contents = [answer],
                Responses = [call with { Outcome = ResponseOutcome.Succeeded, ResponseMessages = [answer.Digest] }],
                Settlements =
                [
                    new()
                    {
                        HoldId = hold.Id,
                        Amount = new() { Cost = 1, Calls = 1 },
                    },
                ],
            }
        );

        (await Records.GetSessionAsync(SessionId))!.TrashedAt.Should().NotBeNull();
        await Records.CommitAsync(NewCommit() with { Session = (await Records.GetSessionAsync(SessionId))! with { TrashedAt = null } });
        var recorded = (await Records.GetResponseAsync(SessionId, call.Id))!;
        recorded.Outcome.Should().Be(ResponseOutcome.Succeeded);
        recorded.ResponseMessages.Should().Equal(answer.Digest);
        (await Records.GetContentAsync(answer.Digest)).Should().NotBeNull();
        var budget = (await Records.GetBudgetAsync(SessionId))!;
        (budget.Settled.Cost, budget.Held.Cost).Should().Be((1, 0));
    }

    [Theory]
    [InlineData("another attempt")]
    [InlineData("a hold")]
    [InlineData("an artifact")]
    [InlineData("a new response")]
    [InlineData("nothing")]
    public async Task CommitThatDoesMoreThanEndACall_IsRefusedInTheTrash(string more)
    {
        await CreateSessionAsync();
        var call = NewResponse("answer") with { Outcome = ResponseOutcome.InProgress };
        await StoreAsync(call);
        await TrashSessionAsync();
        var end = NewCommit() with { Responses = [call with { Outcome = ResponseOutcome.Failed }] };
        var commit = more switch
        {
            "another attempt" => end with { Responses = [call] },
            "a hold" => end with
            {
                Holds =
                [
                    new()
                    {
                        Id = NewId(),
                        TakenAt = Time,
                        Owner = "host/1",
                        Amount = new() { Calls = 1 },
                    },
                ],
            },
            "an artifact" => end with { Artifacts = [NewArtifact("a")] },
            "a new response" => end with { Responses = [.. end.Responses, NewResponse()] },
            _ => end with { Responses = [] },
        };

        var write = async () => await Records.CommitAsync(commit);

        (await write.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("session.trashed");
        (await Records.GetResponseAsync(SessionId, call.Id))!.Outcome.Should().Be(ResponseOutcome.InProgress);
    }

    [Fact]
    public async Task CommitForASessionThatWasPurged_IsRefusedByTheOneThatHasItsIdNow()
    {
        await CreateSessionAsync();
        await TrashSessionAsync();
        var everything = new PurgeOptions { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };
        await Storage.Maintenance.PurgeAsync(everything, Time.AddDays(1));
        await CreateSessionAsync(info: new() { Id = SessionId, CreatedAt = Time.AddDays(2) });

        var store = async (DateTimeOffset created) =>
            await Records.CommitAsync(NewCommit() with { SessionCreatedAt = created, Artifacts = [NewArtifact("a")] });

        var conflict = (
            await store.Invoking(it => it(Time)).Should().ThrowAsync<ConflictException>().WithMessage($"*'{SessionId}'*purged*open*")
        ).Which;
        conflict.Guard.Should().Be("session.created_at");
        (await IdsAsync(SessionId, TrashFilter.Include)).Should().BeEmpty();
        (await store(Time.AddDays(2))).ArtifactVersions.Should().Equal(1);
    }

    [Fact]
    public async Task RestoredSession_TakesCommitsAgain()
    {
        await CreateSessionAsync();
        await TrashSessionAsync();

        await Records.CommitAsync(
            NewCommit() with
            {
                Session = (await Records.GetSessionAsync(SessionId))! with { TrashedAt = null },
                Artifacts = [NewArtifact("a", "12345")],
            }
        );

        await StoreAsync(NewArtifact("a"));
        (await SessionIdsAsync(TrashFilter.Exclude)).Should().Equal(SessionId);
        (await IdsAsync(null, TrashFilter.Exclude)).Should().HaveCount(2);
    }

    [Fact]
    public async Task SessionThatHoldsAPin_CannotBeTrashed()
    {
        await CreateSessionAsync();
        var artifact = NewArtifact("a");
        await StoreAsync(artifact);
        await ChangeAsync(artifact, ArtifactChangeKind.Pin);

        var trash = TrashSessionAsync;

        var conflict = (await trash.Should().ThrowAsync<ConflictException>()).Which;
        conflict.Guard.Should().Be("artifact.pinned");
        conflict.Actual.Should().Be(artifact.Id);
        (await Records.GetSessionAsync(SessionId))!.TrashedAt.Should().BeNull();
    }

    [Fact]
    public async Task Search_LeavesTheTrashOut()
    {
        await CreateSessionAsync();
        var content = Inline("the quick fox");
        var artifact = NewArtifact("a", "the quick fox");
        await Records.CommitAsync(NewCommit() with { Contents = [content], Artifacts = [artifact] });
        (await FoundAsync()).Should().Equal(artifact.Id);

        await ChangeAsync(artifact, ArtifactChangeKind.Trash);
        (await FoundAsync()).Should().BeEmpty();
        await ChangeAsync(artifact, ArtifactChangeKind.Restore);
        (await FoundAsync()).Should().Equal(artifact.Id);
        await TrashSessionAsync();
        (await FoundAsync()).Should().BeEmpty();
    }

    private async Task<string[]> FoundAsync()
    {
        var page = await Storage.Search.SearchAsync(SearchExpression.Parse("quick"), new());
        return [.. page.Matches.Select(match => match.Artifact.Id)];
    }

    private async Task TrashSessionAsync() =>
        await Records.CommitAsync(NewCommit() with { Session = (await Records.GetSessionAsync(SessionId))! with { TrashedAt = Time } });

    private async Task ChangeAsync(ArtifactRecord artifact, ArtifactChangeKind kind, DateTimeOffset? at = null) =>
        await Records.CommitAsync(NewCommit() with { At = at ?? Time, ArtifactChanges = [new(artifact.Id, kind)] });

    private async Task<string[]> IdsAsync(string? session, TrashFilter trash) =>
        [.. (await Records.QueryArtifactsAsync(session, new() { Trash = trash })).Items.Select(it => it.Id)];

    private async Task<string[]> SessionIdsAsync(TrashFilter trash) =>
        [.. (await Records.QuerySessionsAsync(new() { Trash = trash })).Items.Select(it => it.Id)];

    private async Task<long> BytesAsync(string? session, TrashFilter trash) =>
        (await Records.CountArtifactsAsync(session, new() { Trash = trash })).Sum(it => it.Bytes);
}
