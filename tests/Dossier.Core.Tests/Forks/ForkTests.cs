using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Forks;

public sealed class ForkTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InheritedResponses_CountNowhere()
    {
        await using var test = await TestSession.OpenAsync(options => options.Budget = new() { MaxCost = 1m });
        await test.Session.Responses.TrackAsync("mine", Spent(0.25m), Token);
        await test.Session.Responses.TrackAsync(
            "broken",
            new()
            {
                Success = false,
                Error = new() { Message = "No." },
            },
            Token
        );
        await test.Session.Steps.RunAsync(
            "step",
            [],
            async token => (await test.Session.Responses.TrackAsync("inner", Spent(0.5m), token)).Id,
            null,
            Token
        );

        await using var fork = await test.Session.ForkAsync(new() { SessionId = "fork" }, Token);
        var summary = await fork.GetSummaryAsync(Token);

        summary.Inherited!.Responses.Should().Be(3);
        summary.Inherited.Spent.Tokens.Total.Should().Be(200);
        summary.Inherited.Spent.Costs.Should().Equal(new Dictionary<string, decimal> { ["USD"] = 0.75m });
        summary.Responses.Should().BeEmpty();
        summary.Tokens.Total.Should().Be(0);
        summary.Costs.Should().BeEmpty();
        summary.Models.Should().BeEmpty();
        (summary.Useful.Attempts, summary.Wasted.Attempts, summary.Failed.Count, summary.Slowest.Count).Should().Be((0, 0, 0, 0));
        (summary.Errors.Responses, summary.Errors.Failures).Should().Be((0, 0));
        var step = summary.Steps.Should().ContainSingle().Subject;
        (step.Steps[StepStatus.Kept], step.Attempts, step.Spent.Attempts).Should().Be((1, 0, 0));
        (await fork.Budget.GetStatusAsync(Token)).Settled.Should().Be(BudgetAmount.Nothing);
        fork.Info.Budget!.MaxCost.Should().Be(1m, "the fork may spend as much, and has spent nothing");
        (await fork.RepriceAsync(cancellationToken: Token)).Responses.Should().BeEmpty();
        summary.ToString().Should().Contain($"\nInherited   3 responses, 200 tokens, 0.75 USD, from {test.Session.Id}\n");
        (await test.Session.GetSummaryAsync(Token)).Inherited.Should().BeNull();
    }

    [Fact]
    public async Task OwnResponses_CountAsEver()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.Responses.TrackAsync("mine", Spent(0.25m), Token);
        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);

        await fork.Responses.TrackAsync("own", Spent(0.5m), Token);

        var summary = await fork.GetSummaryAsync(Token);
        summary.Costs["USD"].Should().Be(0.5m);
        summary.Inherited!.Spent.Costs["USD"].Should().Be(0.25m);
        (await fork.Budget.GetStatusAsync(Token)).Settled.Cost.Should().Be(0.5m);
        (await test.Session.GetSummaryAsync(Token)).Costs["USD"].Should().Be(0.25m);
    }

    [Fact]
    public async Task InheritedStep_IsReusedAndRunAgainWhenItsResultIsGone()
    {
        await using var test = await TestSession.OpenAsync();
        await test
            .Session.Invoking(it => it.Steps.RunAsync("step", ["in"], Fails, null, Token))
            .Should()
            .ThrowAsync<InvalidOperationException>();
        await test.Session.Steps.RunAsync("step", ["in"], _ => Task.FromResult("first"), null, Token);
        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);

        var reused = await fork.Steps.RunAsync("step", ["in"], _ => Task.FromResult("second"), null, Token);
        var step = (await fork.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token)).Single();
        await fork.DeleteArtifactAsync(step.ResultArtifact!, Token);
        var again = await fork.Steps.RunAsync("step", ["in"], _ => Task.FromResult("second"), null, Token);
        var own = await fork.Steps.GetAsync(step.Key, Token);

        (reused.Value, reused.IsReused).Should().Be(("first", true));
        (again.Value, again.IsReused).Should().Be(("second", false));
        (step.InheritedFrom, step.Attempts.Count).Should().Be((test.Session.Id, 2));
        (own.InheritedFrom, own.Fence).Should().Be((null, 3L));
        own.Attempts.Should().ContainSingle("those before were made elsewhere").Which.Reason.Should().Be(StepReason.ResultGone);
        (await fork.GetSummaryAsync(Token)).Errors.Failures.Should().Be(0);
        (await test.Session.Steps.RunAsync("step", ["in"], _ => Task.FromResult("third"), null, Token)).Value.Should().Be("first");

        static Task<string> Fails(CancellationToken token) => throw new InvalidOperationException("Not yet.");
    }

    [Fact]
    public async Task WhatAStepRead_IsWatchedInTheFork()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.StoreArtifactAsync("config", "a", cancellationToken: Token);
        await RunAsync(test.Session);
        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);

        var before = await RunAsync(fork);
        await fork.StoreArtifactAsync("config", "b", cancellationToken: Token);
        var after = await RunAsync(fork);

        (before.Value, before.IsReused).Should().Be(("a", true));
        (after.Value, after.IsReused).Should().Be(("b", false));
        (await RunAsync(test.Session)).IsReused.Should().BeTrue("nothing has changed there");

        static Task<StepResult<string>> RunAsync(Session session) =>
            session.Steps.RunAsync(
                "read",
                [],
                async token => await (await session.FindArtifactAsync("config", cancellationToken: token))!.ReadTextAsync(token),
                new() { RerunWhenReadsChange = true },
                Token
            );
    }

    [Fact]
    public async Task ResponseOfAnotherSession_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();
        await using var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        var response = await other.Responses.TrackAsync("there", new(), Token);

        var byRecord = () => test.Session.ForkAsync(new() { At = response }, Token);
        var byId = () => test.Session.ForkAsync(new() { At = ForkPoint.AtResponse(response.Id) }, Token);

        (await byRecord.Should().ThrowAsync<ArgumentException>())
            .Which.Message.Should()
            .StartWith(
                $"Session '{test.Session.Id}' cannot be forked at response {response.Id}, which is of session 'other'. Fork that session"
            );
        (await byId.Should().ThrowAsync<NotFoundException>())
            .Which.Message.Should()
            .Be($"Session '{test.Session.Id}' has no response '{response.Id}' to be forked at; list what it has with Responses.ListAsync.");
        (await test.Store.CountSessionsAsync(cancellationToken: Token)).Should().Be(2);
    }

    [Fact]
    public async Task StepOfAnotherSessionOrWithoutAResult_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();
        await test
            .Session.Invoking(it => it.Steps.RunAsync<int>("bad", [], _ => throw new InvalidOperationException(), null, Token))
            .Should()
            .ThrowAsync<InvalidOperationException>();
        var step = (await test.Session.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token)).Single();

        var failed = () => test.Session.ForkAsync(new() { At = step }, Token);
        var unknown = () => test.Session.ForkAsync(new() { At = ForkPoint.AtStep(ContentDigest.Of("x"u8)) }, Token);
        var elsewhere = () => test.Session.ForkAsync(new() { At = step with { SessionId = "other" } }, Token);

        (await failed.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*step 'bad'*which has no result*");
        await unknown.Should().ThrowAsync<NotFoundException>();
        await elsewhere.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task CallThatHasNotEnded_IsNoPoint()
    {
        await using var test = await TestSession.OpenAsync();
        var record = new TrackedResponse
        {
            Id = new('a', 32),
            StartedAt = test.Time.GetUtcNow(),
            Outcome = ResponseOutcome.InProgress,
        };
        await test.Storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = test.Session.Id,
                At = test.Time.GetUtcNow(),
                Responses = [record],
            },
            Token
        );

        var forking = () => test.Session.ForkAsync(new() { At = ForkPoint.AtResponse(record.Id) }, Token);

        (await forking.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*which has not ended*");
    }

    [Fact]
    public async Task SessionInTheTrashOrNowhere_CannotBeForked()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Store.OpenAsync(new() { SessionId = "deleted" }, Token);
        await test.Store.DeleteSessionAsync("deleted", Token);

        await test
            .Store.Invoking(it => it.ForkAsync("deleted", null, Token))
            .Should()
            .ThrowAsync<NotFoundException>()
            .WithMessage("*is in the trash*");
        await test.Store.Invoking(it => it.ForkAsync("nowhere", null, Token)).Should().ThrowAsync<NotFoundException>();
        await test.Store.Invoking(it => it.ForkAsync("../x", null, Token)).Should().ThrowAsync<ArgumentException>();
        await test
            .Store.Invoking(it => it.ForkAsync(test.Session.Id, new() { SessionId = "a/b" }, Token))
            .Should()
            .ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task NameAndTags_AreMasked()
    {
        await using var test = await TestSession.OpenAsync();

        await using var fork = await test.Session.ForkAsync(
            new() { Name = $"with {TestSession.Key}", Tags = [TestSession.Key, "b"] },
            Token
        );

        fork.Name.Should().NotContain(TestSession.Key);
        fork.Tags.Should().HaveCount(2).And.NotContain(TestSession.Key);
    }

    [Fact]
    public async Task OpenedFork_CallsTheSameModels()
    {
        await using var test = await TestSession.OpenAsync(options => options.Model = "scripted/script-1");
        await test.Session.Conversation().SendAsync("a", cancellationToken: Token);
        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);

        var answer = await fork.Conversation().SendAsync("b", cancellationToken: Token);

        answer.Text.Should().Be("Hello there");
        (await fork.Conversation().GetInfoAsync(Token))!.Length.Should().Be(4);
        (await test.Session.Conversation().GetInfoAsync(Token))!.Length.Should().Be(2);
    }

    [Fact]
    public async Task ContentThatTheOriginalLacksAsWell_DoesNotKeepItFromBeingForked()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = test.Session.Id,
                At = test.Time.GetUtcNow(),
                Responses =
                [
                    new()
                    {
                        Id = new('b', 32),
                        StartedAt = test.Time.GetUtcNow(),
                        RequestMessages = [ContentDigest.Of("nobody has it"u8)],
                    },
                ],
            },
            Token
        );

        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);

        (await fork.Responses.ListAsync(cancellationToken: Token).CountAsync(Token)).Should().Be(1);
    }

    private static TrackedResponse Spent(decimal amount) =>
        new()
        {
            Provider = "scripted",
            RequestedModel = "script-1",
            Usage = new() { Input = 60, Output = 40 },
            Cost = new() { Amount = amount, PriceSource = new("a test") },
        };
}
