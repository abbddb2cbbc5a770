using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Steps: one attempt at a time has a step, and exactly one result of it is kept, whoever else tries.</summary>
public abstract class StepConformance<TFixture> : StepSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    // A lease of no length has expired when it is given, by any clock that does not run backwards.
    private static readonly TimeSpan s_over = TimeSpan.Zero;

    [Fact]
    public async Task StepThatBegins_IsReadBackAsItWasGiven_AndBelongsToItsOwner()
    {
        await CreateSessionAsync();
        var step = NewStep("split") with
        {
            Version = "2",
            ParentKey = Digest("parent"),
            Inputs = [new(Digest("value")), new(Digest("content"), NewId())],
        };

        await CommitAsync(Begin(step));

        var read = (await Records.GetStepAsync(SessionId, step.Key))!;
        read.Should()
            .BeEquivalentTo(
                step with
                {
                    SessionId = SessionId,
                    Sequence = 1,
                    Status = StepStatus.Running,
                    Fence = 1,
                    LeaseExpiresAt = read.LeaseExpiresAt,
                    Attempts =
                    [
                        new()
                        {
                            Number = 1,
                            Owner = "here/1/2",
                            StartedAt = read.Attempts[0].StartedAt,
                        },
                    ],
                }
            );
        read.LeaseExpiresAt.Should().Be(read.Attempts[0].StartedAt + LongLease, "both are of the store's clock at the commit");
        (await Records.GetStepAsync(SessionId, Digest("other"))).Should().BeNull();
        (await Records.GetStepAsync("nobody", step.Key)).Should().BeNull();
    }

    [Fact]
    public async Task StepThatIsRun_CannotBegin_UntilItsLeaseHasExpired()
    {
        await CreateSessionAsync();
        var (busy, dead) = (NewStep("busy"), NewStep("dead"));
        await CommitAsync(Begin(busy), Begin(dead, lease: s_over));

        var refused = await Refused(CommitAsync(Begin(busy, fence: 2)));
        await CommitAsync(Begin(dead, fence: 2, owner: "there/3/4", reason: StepReason.Lost));

        refused.Guard.Should().Be("step.lease");
        var read = (await Records.GetStepAsync(SessionId, dead.Key))!;
        read.Fence.Should().Be(2);
        read.Attempts.Select(it => (it.Number, it.Owner, it.Outcome, it.Reason))
            .Should()
            .Equal((1, "here/1/2", StepOutcome.Lost, StepReason.First), (2, "there/3/4", StepOutcome.Running, StepReason.Lost));
        read.Sequence.Should().Be(2);
    }

    [Fact]
    public async Task StepOfAProcessThatHasEnded_CanBeginBeforeItsLeaseHasExpired()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        await CommitAsync(Begin(step));

        await CommitAsync(Begin(step, fence: 2, reason: StepReason.Lost) with { SupersedesEnded = true });

        (await Records.GetStepAsync(SessionId, step.Key))!
            .Attempts.Select(it => it.Outcome)
            .Should()
            .Equal(StepOutcome.Lost, StepOutcome.Running);
        (await Refused(CommitAsync(Kept(step, NewArtifact("late"))))).Guard.Should().Be("step.fence");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task AttemptWhoseNumberDoesNotFollow_CannotBegin(long fence)
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        await CommitAsync(Begin(step, lease: s_over));

        var refused = await Refused(CommitAsync(Begin(step, fence)));

        refused.Guard.Should().Be("step.fence");
        refused.Actual.Should().Be("1");
    }

    [Fact]
    public async Task ResultOfAnAttempt_IsKeptWithItsArtifact()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        await CommitAsync(Begin(step));
        var artifact = NewArtifact("result") with { StepKey = step.Key };

        await Records.CommitAsync(
            NewCommit() with
            {
                Contents = [Inline("content")],
                Artifacts = [artifact],
                Steps = [Kept(step, artifact)],
            }
        );

        var read = (await Records.GetStepAsync(SessionId, step.Key))!;
        read.Status.Should().Be(StepStatus.Kept);
        read.LeaseExpiresAt.Should().BeNull();
        (read.ResultArtifact, read.ResultDigest, read.HasResult).Should().Be((artifact.Id, artifact.Digest, true));
        read.Reads.Should().Equal(Read("style"));
        read.Attempts.Should().ContainSingle().Which.Duration.Should().BeGreaterThanOrEqualTo(TimeSpan.Zero);
        (await Records.GetArtifactAsync(SessionId, artifact.Id))!.StepKey.Should().Be(step.Key);
    }

    [Fact]
    public async Task AttemptThatAnotherHasFollowed_CanNeitherGoOnNorEnd()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        await CommitAsync(Begin(step, lease: s_over), Begin(step, fence: 2));
        var artifact = NewArtifact("late");

        var renewed = await Refused(CommitAsync(Renew(step)));
        var ended = await Refused(
            CommitAsync(NewCommit() with { Contents = [Inline("content")], Artifacts = [artifact], Steps = [Kept(step, artifact)] })
        );

        (renewed.Guard, renewed.Expected, renewed.Actual).Should().Be(("step.fence", "1", "2"));
        ended.Guard.Should().Be("step.fence");
        (await Records.GetArtifactAsync(SessionId, artifact.Id)).Should().BeNull("a refused commit writes nothing");
        (await Records.GetStepAsync(SessionId, step.Key))!.Status.Should().Be(StepStatus.Running);
    }

    [Fact]
    public async Task AttemptWhoseLeaseHasExpired_CanNeitherGoOnNorEnd_ThoughNobodyFollowed()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        await CommitAsync(Begin(step, lease: s_over));

        (await Refused(CommitAsync(Renew(step)))).Guard.Should().Be("step.lease");
        (await Refused(CommitAsync(Kept(step, NewArtifact("late"))))).Guard.Should().Be("step.lease");
        (await Refused(CommitAsync(Failed(step)))).Guard.Should().Be("step.lease");
    }

    [Fact]
    public async Task Renewal_LetsTheLeaseBeginAnew()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        await CommitAsync(Begin(step));
        var before = (await Records.GetStepAsync(SessionId, step.Key))!.LeaseExpiresAt;

        await CommitAsync(Renew(step, LongLease * 2));

        (await Records.GetStepAsync(SessionId, step.Key))!.LeaseExpiresAt.Should().BeOnOrAfter(before!.Value + LongLease);
        await CommitAsync(Kept(step, NewArtifact("result")));
    }

    [Theory]
    [InlineData(StepOutcome.Failed, StepStatus.Failed)]
    [InlineData(StepOutcome.Cancelled, StepStatus.Cancelled)]
    public async Task AttemptThatDidNotSucceed_IsKeptWithItsError_AndLeavesTheStepFree(StepOutcome outcome, StepStatus status)
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        await CommitAsync(Begin(step));

        await CommitAsync(Failed(step) with { Outcome = outcome });

        var read = (await Records.GetStepAsync(SessionId, step.Key))!;
        (read.Status, read.LeaseExpiresAt, read.HasResult).Should().Be((status, null, false));
        read.Attempts.Should().ContainSingle().Which.Error!.Message.Should().Be("no paper");
        (await Refused(CommitAsync(Renew(step)))).Guard.Should().Be("step.fence");
        await CommitAsync(Begin(step, fence: 2, reason: StepReason.Failed));
    }

    [Fact]
    public async Task KeptStep_CanBeginAgain_AndThenHasNoResult()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        var artifact = NewArtifact("result");
        await StoreContentAsync(artifact);
        await CommitAsync(Begin(step), Kept(step, artifact));

        await CommitAsync(Begin(step, fence: 2, reason: StepReason.ResultGone));

        var read = (await Records.GetStepAsync(SessionId, step.Key))!;
        (read.Status, read.ResultArtifact, read.ResultDigest, read.HasResult).Should().Be((StepStatus.Running, null, null, false));
        read.Reads.Should().BeEmpty();
        read.Attempts.Select(it => it.Outcome).Should().Equal(StepOutcome.Kept, StepOutcome.Running);
    }

    [Fact]
    public async Task ResultInTheTrash_IsNotThere_UntilItIsRestored()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        var artifact = NewArtifact("result");
        await StoreContentAsync(artifact);
        await CommitAsync(Begin(step), Kept(step, artifact));

        await ChangeAsync(artifact, ArtifactChangeKind.Trash);
        var trashed = await Records.GetStepAsync(SessionId, step.Key);
        await ChangeAsync(artifact, ArtifactChangeKind.Restore);
        var restored = (await Records.QueryStepsAsync(SessionId, new())).Items.Single();

        trashed!.HasResult.Should().BeFalse();
        trashed.ResultArtifact.Should().Be(artifact.Id);
        restored.HasResult.Should().BeTrue();
    }

    [Fact]
    public async Task LongRowOfAttempts_KeepsTheLatest()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        for (var fence = 1; fence <= 70; fence++)
            await CommitAsync(Begin(step, fence), Failed(step, fence));

        var read = (await Records.GetStepAsync(SessionId, step.Key))!;

        read.Fence.Should().Be(70);
        read.Attempts.Select(it => it.Number).Should().Equal(Enumerable.Range(7, 64).Select(it => (long)it));
    }

    [Fact]
    public async Task RepeatedCommit_BeginsOnce()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        var commit = NewCommit() with { Steps = [Begin(step)] };
        await CommitAsync(commit);
        await CommitAsync(Failed(step));

        await CommitAsync(commit);

        (await Records.GetStepAsync(SessionId, step.Key))!.Status.Should().Be(StepStatus.Failed);
    }

    [Fact]
    public async Task ManyWhoBeginAtOnce_HaveOneWinner()
    {
        await CreateSessionAsync();
        var step = NewStep("split");

        var won = await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(i =>
                    Task.Run(async () =>
                    {
                        try
                        {
                            await CommitAsync(Begin(step, owner: $"here/{i}/0"));
                            return true;
                        }
                        catch (ConflictException)
                        {
                            return false;
                        }
                    })
                )
        );

        won.Count(it => it).Should().Be(1);
        (await Records.GetStepAsync(SessionId, step.Key))!.Attempts.Should().ContainSingle();
    }

    [Fact]
    public async Task Steps_AreListedAsTheyBegan_ByNameAndStatus()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        for (var i = 0; i < 5; i++)
            await CommitAsync(Begin(NewStep(i % 2 == 0 ? "even" : "odd", $"{i}")));
        var third = NewStep("even", "2");
        await CommitAsync(Failed(third));
        await Records.CommitAsync(NewCommit("s-2") with { Steps = [Begin(NewStep("even", "other"))] });

        var pages = await ReadPagesAsync<StepRecord>(next => Records.QueryStepsAsync(SessionId, new() { PageSize = 2 }, next));
        var latest = await Records.QueryStepsAsync(SessionId, new() { Name = "even", Order = RecordOrder.NewestFirst });
        var failed = await Records.QueryStepsAsync(SessionId, new() { Status = StepStatus.Failed });

        pages.Select(page => page.Count).Should().Equal(2, 2, 1);
        pages.SelectMany(page => page).Select(step => step.Sequence).Should().Equal(1, 2, 3, 4, 5);
        latest.Items.Select(step => step.Sequence).Should().Equal(5, 3, 1);
        failed.Items.Should().ContainSingle().Which.Key.Should().Be(third.Key);
        (await Records.QueryStepsAsync("nobody", new())).Items.Should().BeEmpty();
        var step = (await Records.QueryStepsAsync(SessionId, new())).Items[0];
        (await Records.QueryStepsAsync(SessionId, new() { ParentKey = step.ParentKey })).Items.Should().Contain(it => it.Key == step.Key);
        (await Records.QueryStepsAsync(SessionId, new() { ParentKey = Digest("none") })).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task ResponsesAndArtifacts_AreFoundByTheirStep()
    {
        await CreateSessionAsync();
        var key = Digest("step");
        var mine = NewResponse() with { StepKey = key, StepAttempt = 3 };
        var artifact = NewArtifact("a") with { StepKey = key };
        await Records.CommitAsync(
            NewCommit() with
            {
                Contents = [Inline("content")],
                Artifacts = [artifact, NewArtifact("b")],
                Responses = [mine, NewResponse()],
            }
        );

        var responses = await Records.QueryResponsesAsync(SessionId, new() { StepKey = key });
        var artifacts = await Records.QueryArtifactsAsync(SessionId, new() { StepKey = key });
        var everywhere = await Records.QueryArtifactsAsync(null, new() { StepKey = key });

        var found = responses.Items.Should().ContainSingle().Which;
        (found.Id, found.StepKey, found.StepAttempt).Should().Be((mine.Id, key, 3));
        artifacts.Items.Should().ContainSingle().Which.Id.Should().Be(artifact.Id);
        everywhere.Items.Should().ContainSingle().Which.StepKey.Should().Be(key);
    }

    [Fact]
    public async Task ValuesThatAStepWasGiven_StayThroughAPurge_AndGoWithItsSession()
    {
        await CreateSessionAsync();
        await CreateSessionAsync("s-2");
        var everything = new PurgeOptions { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };
        var step = NewStep("split") with { Inputs = [new(Digest("value"))] };
        await CommitAsync(NewCommit() with { Contents = [Inline("value")], Steps = [Begin(step)] });

        await Storage.Maintenance.PurgeAsync(everything, Time);
        var kept = await Records.GetContentAsync(Digest("value"));
        await Records.CommitAsync(
            NewCommit() with
            {
                Session = new()
                {
                    Id = SessionId,
                    CreatedAt = Time,
                    TrashedAt = Time,
                },
            }
        );
        await Storage.Maintenance.PurgeAsync(everything, Time);

        kept.Should().NotBeNull();
        (await Records.GetContentAsync(Digest("value"))).Should().BeNull();
        (await Records.GetStepAsync(SessionId, step.Key)).Should().BeNull();
        (await Records.QueryStepsAsync(SessionId, new())).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task DamagedValueOfAStep_IsFoundByAVerification()
    {
        await CreateSessionAsync();
        var step = NewStep("split") with { Inputs = [new(Digest("value"))] };
        await CommitAsync(NewCommit() with { Contents = [Inline("value")], Steps = [Begin(step)] });
        (await Storage.Maintenance.VerifyAsync(new())).IsClean.Should().BeTrue();

        Fixture.Damage(Storage, Digest("value"));

        var problem = (await Storage.Maintenance.VerifyAsync(new())).Problems.Should().ContainSingle().Which;
        problem.Kind.Should().Be(VerifyProblemKind.Damaged);
        problem.Affected.Should().ContainSingle().Which.ToString().Should().Be("step 'split' in session 's-1'");
    }

    private static async Task<ConflictException> Refused(Task<CommitResult> commit) =>
        (await FluentActions.Awaiting(() => commit).Should().ThrowAsync<ConflictException>()).Which;
}
