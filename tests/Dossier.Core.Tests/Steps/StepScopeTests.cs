using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Steps;

public sealed class StepScopeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatIsCalledAndStoredInAStep_BelongsToIt()
    {
        await using var test = await TestSession.OpenAsync(options => options.Model = "scripted/m");
        var session = test.Session;
        await session.GetChatClient().GetResponseAsync("outside", cancellationToken: Token);

        var result = await session.Steps.RunAsync(
            "ask",
            [],
            async token =>
            {
                var answer = await session.GetChatClient().GetResponseAsync("inside", cancellationToken: token);
                await Task.Run(() => session.StoreArtifactAsync("note", "of another thread", cancellationToken: Token), token);
                await session.Responses.TrackAsync("own", new() { Success = true }, token);
                return answer.Text;
            },
            cancellationToken: Token
        );
        await session.StoreArtifactAsync("after", "the step", cancellationToken: Token);

        var responses = await session
            .Responses.ListAsync(new() { StepKey = result.Key }, cancellationToken: Token)
            .ToListAsync(cancellationToken: Token);
        var artifacts = await session
            .ListArtifactsAsync(new() { StepKey = result.Key }, cancellationToken: Token)
            .ToListAsync(cancellationToken: Token);
        responses.Select(it => (it.Key, it.StepAttempt)).Should().Equal((null, 1), ("own", 1));
        artifacts.Select(it => it.Name).Should().Equal("note", $"step/ask/{result.Key.ToHex()[..12]}");
        (await session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(3);
        artifacts[1].ProducedBy.Should().Be(responses[0].Id, "the result is the answer's text");
    }

    [Fact]
    public async Task StepWithinAStep_IsAStepOfItsOwn_AndIsReusedWhenTheOuterOneRunsAgain()
    {
        await using var test = await TestSession.OpenAsync();
        var runs = 0;

        await OuterAsync(1);
        await OuterAsync(2);
        await test.Session.StepAsync("inner", ["x"], InnerAsync, cancellationToken: Token);

        runs.Should().Be(2, "the inner step runs once in the outer one, whatever its inputs, and once outside of it");
        var steps = await test.Session.Steps.ListAsync(cancellationToken: Token).ToListAsync(cancellationToken: Token);
        steps
            .Select(it => (it.Name, it.ParentKey))
            .Should()
            .Equal(("outer", null), ("inner", steps[0].Key), ("outer", null), ("inner", null));

        Task<int> OuterAsync(int input) =>
            test.Session.StepAsync(
                "outer",
                [input],
                token => test.Session.StepAsync("inner", ["x"], InnerAsync, cancellationToken: token),
                cancellationToken: Token
            );

        Task<int> InnerAsync(CancellationToken cancellationToken) => Task.FromResult(++runs);
    }

    [Fact]
    public async Task NewVersionOfTheOuterStep_RunsTheInnerOnesAgain()
    {
        await using var test = await TestSession.OpenAsync();
        var runs = 0;

        await OuterAsync("1");
        await OuterAsync("2");

        runs.Should().Be(2);

        Task<int> OuterAsync(string version) =>
            test.Session.StepAsync(
                "outer",
                [],
                _ => test.Session.StepAsync("inner", [], _ => Task.FromResult(++runs), cancellationToken: Token),
                new() { Version = version },
                cancellationToken: Token
            );
    }

    [Fact]
    public async Task StepsInParallel_KeepWhatIsTheirs()
    {
        await using var test = await TestSession.OpenAsync(options => options.Model = "scripted/m");

        var results = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => test.Session.Steps.RunAsync("ask", [i], AskAsync, cancellationToken: Token))
        );

        foreach (var result in results)
            (
                await test
                    .Session.Responses.ListAsync(new() { StepKey = result.Key }, cancellationToken: Token)
                    .CountAsync(cancellationToken: Token)
            )
                .Should()
                .Be(1);

        async Task<string> AskAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            return (await test.Session.GetChatClient().GetResponseAsync("hi", cancellationToken: cancellationToken)).Text;
        }
    }

    [Fact]
    public async Task StepOfAnotherSession_TakesNothingOfThisOne()
    {
        await using var test = await TestSession.OpenAsync();
        await using var other = await test.Store.OpenAsync(cancellationToken: Token);

        await test.Session.StepAsync(
            "outer",
            [],
            async _ =>
            {
                await other.StoreArtifactAsync("of the other", "text", cancellationToken: Token);
                return await other.StepAsync(
                    "inner",
                    [],
                    async _ => (await test.Session.StoreArtifactAsync("of the outer", "text", cancellationToken: Token)).Version,
                    cancellationToken: Token
                );
            },
            cancellationToken: Token
        );

        (await other.FindArtifactAsync("of the other", cancellationToken: Token))!.Record.StepKey.Should().BeNull();
        var outer = await test.Session.Steps.ListAsync(cancellationToken: Token).SingleAsync(cancellationToken: Token);
        (await test.Session.FindArtifactAsync("of the outer", cancellationToken: Token))!.Record.StepKey.Should().Be(outer.Key);
        (await other.Steps.ListAsync(cancellationToken: Token).SingleAsync(cancellationToken: Token)).ParentKey.Should().BeNull();
    }

    [Fact]
    public async Task ChangeOfWhatWasRead_IsReported_AndTheResultStays()
    {
        await using var test = await TestSession.OpenAsync();
        var style = await test.Session.StoreArtifactAsync("style", "short", cancellationToken: Token);
        await test.Session.StoreArtifactAsync("glossary", "1", cancellationToken: Token);

        var first = await test.Session.Steps.RunAsync("write", [], WriteAsync, cancellationToken: Token);
        await test.Session.StoreArtifactAsync("glossary", "1", cancellationToken: Token);
        var same = await test.Session.Steps.RunAsync("write", [], WriteAsync, cancellationToken: Token);
        await test.Session.StoreArtifactAsync("style", "long", cancellationToken: Token);
        var changed = await test.Session.Steps.RunAsync("write", [], WriteAsync, cancellationToken: Token);

        var step = await test.Session.Steps.GetAsync(first.Key, cancellationToken: Token);
        step.Reads.Select(it => (it.Name, it.Version)).Should().Equal(("appendix", 0), ("glossary", 1), ("style", 1));
        same.ChangedReads.Should().BeEmpty("a new version of the same content is no change");
        changed.IsReused.Should().BeTrue();
        changed.Value.Should().Be("short");
        changed.ChangedReads.Select(it => it.Name).Should().Equal("style");
        test.Log.GetSnapshot().Should().ContainSingle(record => record.Id.Id == 51).Which.Message.Should().Contain("style");

        async Task<string> WriteAsync(CancellationToken cancellationToken)
        {
            await test.Session.FindArtifactAsync("appendix", cancellationToken: cancellationToken);
            await (await test.Session.FindArtifactAsync("glossary", cancellationToken: cancellationToken))!.ReadBytesAsync(
                cancellationToken
            );
            return await style.ReadTextAsync(cancellationToken);
        }
    }

    [Fact]
    public async Task ChangeOfWhatWasRead_RunsTheStepAgain_WhereTheOptionsSaySo()
    {
        await using var test = await TestSession.OpenAsync();
        var options = new StepOptions { RerunWhenReadsChange = true };

        await test.Session.StepAsync("read", [], ReadAsync, options, cancellationToken: Token);
        await test.Session.StoreArtifactAsync("late", "now there", cancellationToken: Token);
        var second = await test.Session.Steps.RunAsync("read", [], ReadAsync, options, cancellationToken: Token);
        var third = await test.Session.Steps.RunAsync("read", [], ReadAsync, options, cancellationToken: Token);

        (second.Value, second.IsReused, third.IsReused).Should().Be((true, false, true));
        (await test.Session.Steps.GetAsync(second.Key, cancellationToken: Token)).Attempts[^1].Reason.Should().Be(StepReason.ReadsChanged);

        async Task<bool> ReadAsync(CancellationToken cancellationToken) =>
            await test.Session.FindArtifactAsync("late", cancellationToken: cancellationToken) is not null;
    }

    [Fact]
    public async Task WhatAnInnerStepRead_CountsForTheOuterOne_AlsoWhenTheInnerOneWasReused()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.StoreArtifactAsync("style", "short", cancellationToken: Token);

        await OuterAsync(1);
        var second = await OuterAsync(2);

        (await test.Session.Steps.GetAsync(second.Key, cancellationToken: Token)).Reads.Select(it => it.Name).Should().Equal("style");

        Task<StepResult<string>> OuterAsync(int input) =>
            test.Session.Steps.RunAsync(
                "outer",
                [input],
                _ => test.Session.StepAsync("inner", [], ReadAsync, cancellationToken: Token),
                cancellationToken: Token
            );

        async Task<string> ReadAsync(CancellationToken cancellationToken) =>
            await (await test.Session.FindArtifactAsync("style", cancellationToken: cancellationToken))!.ReadTextAsync(cancellationToken);
    }

    [Fact]
    public async Task InputsVersionsThatWereAskedFor_AndWhatTheStepStored_AreNotReads()
    {
        await using var test = await TestSession.OpenAsync();
        var document = await test.Session.StoreArtifactAsync("document", "text", cancellationToken: Token);
        await test.Session.StoreArtifactAsync("style", "short", cancellationToken: Token);

        var result = await test.Session.Steps.RunAsync(
            "write",
            [document],
            async token =>
            {
                await document.ReadTextAsync(token);
                await (await test.Session.FindArtifactAsync("style", 1, token))!.ReadTextAsync(token);
                return await (await test.Session.StoreArtifactAsync("draft", "mine", cancellationToken: token)).ReadTextAsync(token);
            },
            cancellationToken: Token
        );

        (await test.Session.Steps.GetAsync(result.Key, cancellationToken: Token)).Reads.Should().BeEmpty();
    }

    [Fact]
    public async Task ArtifactOfTheSameContentAsAnInput_IsARead()
    {
        await using var test = await TestSession.OpenAsync();
        var document = await test.Session.StoreArtifactAsync("document", "same", cancellationToken: Token);
        await test.Session.StoreArtifactAsync("style", "same", cancellationToken: Token);

        await test.Session.StepAsync("write", [document], WriteAsync, cancellationToken: Token);
        await test.Session.StoreArtifactAsync("style", "another", cancellationToken: Token);
        var second = await test.Session.Steps.RunAsync("write", [document], WriteAsync, cancellationToken: Token);

        second.ChangedReads.Select(it => it.Name).Should().Equal("style");

        async Task<string> WriteAsync(CancellationToken cancellationToken)
        {
            await document.ReadTextAsync(cancellationToken);
            return await (await test.Session.FindArtifactAsync("style", cancellationToken: cancellationToken))!.ReadTextAsync(
                cancellationToken
            );
        }
    }

    [Fact]
    public async Task ArtifactThatWasFoundAndReturned_IsARead()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.StoreArtifactAsync("style", "short", cancellationToken: Token);

        await test.Session.StepAsync("choose", [], ChooseAsync, cancellationToken: Token);
        await test.Session.StoreArtifactAsync("style", "long", cancellationToken: Token);
        var second = await test.Session.Steps.RunAsync("choose", [], ChooseAsync, cancellationToken: Token);

        (second.Value.Version, second.IsReused).Should().Be((1, true));
        second.ChangedReads.Select(it => it.Name).Should().Equal("style");

        async Task<Artifact> ChooseAsync(CancellationToken cancellationToken) =>
            (await test.Session.FindArtifactAsync("style", cancellationToken: cancellationToken))!;
    }

    [Fact]
    public async Task VersionThatWasAskedFor_DoesNotHideThatTheLatestWasAskedForToo()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.StoreArtifactAsync("style", "short", cancellationToken: Token);

        var result = await test.Session.Steps.RunAsync(
            "compare",
            [],
            async token =>
            {
                var first = await test.Session.FindArtifactAsync("style", 1, token);
                var latest = await test.Session.FindArtifactAsync("style", cancellationToken: token);
                return await first!.ReadTextAsync(token) == await latest!.ReadTextAsync(token);
            },
            cancellationToken: Token
        );

        (await test.Session.Steps.GetAsync(result.Key, cancellationToken: Token)).Reads.Select(it => it.Name).Should().Equal("style");
    }

    [Fact]
    public async Task WhatTheStepWritesOverItself_IsNoChange()
    {
        await using var test = await TestSession.OpenAsync();
        var options = new StepOptions { ArtifactName = "report" };

        await test.Session.StepAsync("write", [], WriteAsync, options, cancellationToken: Token);
        var second = await test.Session.Steps.RunAsync("write", [], WriteAsync, options, cancellationToken: Token);

        second.ChangedReads.Should().BeEmpty();

        async Task<string> WriteAsync(CancellationToken cancellationToken)
        {
            await test.Session.FindArtifactAsync("report", cancellationToken: cancellationToken);
            if (await test.Session.FindArtifactAsync("cache", cancellationToken: cancellationToken) is null)
                await test.Session.StoreArtifactAsync("cache", "filled", cancellationToken: cancellationToken);
            return "new";
        }
    }

    [Fact]
    public async Task Totals_OfAStep_HaveWhatStepsWithinItTook()
    {
        await using var test = await TestSession.OpenAsync(options => options.Model = "scripted/m");

        var outer = await test.Session.Steps.RunAsync(
            "report",
            [],
            async token =>
            {
                await AskAsync(token);
                await test.Session.StepAsync(
                    "part",
                    [1],
                    inner => test.Session.StepAsync("part", [2], AskAsync, cancellationToken: inner),
                    cancellationToken: token
                );
                return 1;
            },
            cancellationToken: Token
        );
        await test.Session.StepAsync("other", [], AskAsync, cancellationToken: Token);

        var report = await test.Session.Steps.GetTotalsAsync(outer.Key, cancellationToken: Token);
        (report.Name, report.Steps[StepStatus.Kept], report.Attempts).Should().Be(("report", 1, 1));
        (report.Spent.Attempts, report.Spent.Tokens.Total, report.Own.Attempts, report.Own.Tokens.Total).Should().Be((2, 28, 1, 14));
        var summary = await test.Session.GetSummaryAsync(cancellationToken: Token);
        summary
            .Steps.Select(it => (it.Name, it.Spent.Tokens.Total, it.Own.Tokens.Total))
            .Should()
            .Equal(("report", 28, 14), ("part", 14, 14), ("other", 14, 14));
        summary.Steps[0].Should().BeEquivalentTo(report);
        summary.Steps.Sum(it => it.Own.Tokens.Total).Should().Be(summary.Tokens.Total);
        summary.ToString().Should().Contain("1 × report: 1 kept, 28 tokens, unknown (2 unpriced) (14 tokens in steps within)");

        async Task<string> AskAsync(CancellationToken cancellationToken) =>
            (await test.Session.GetChatClient().GetResponseAsync("hi", cancellationToken: cancellationToken)).Text;
    }

    [Fact]
    public async Task Totals_AreTheSumsOfTheResponses_WithWhatWasSpentAgain()
    {
        await using var test = await TestSession.OpenAsync(options => options.Model = "scripted/m");
        var runs = 0;

        await test
            .Session.Awaiting(it => it.StepAsync("ask", [], AskAsync, cancellationToken: Token))
            .Should()
            .ThrowAsync<TimeoutException>();
        var result = await test.Session.Steps.RunAsync("ask", [], AskAsync, cancellationToken: Token);
        await test.Session.StepAsync("other", [], _ => Task.FromResult(1), cancellationToken: Token);

        var totals = await test.Session.Steps.GetTotalsAsync(result.Key, cancellationToken: Token);
        (totals.Name, totals.Attempts, totals.Spent.Attempts, totals.Spent.Tokens.Total).Should().Be(("ask", 2, 2, 28));
        (totals.Repeated.Attempts, totals.Repeated.Tokens.Total).Should().Be((1, 14));
        var summary = await test.Session.GetSummaryAsync(cancellationToken: Token);
        summary.Steps[0].Should().BeEquivalentTo(totals);
        summary.Steps[0].Steps.Should().Equal(new Dictionary<StepStatus, int> { [StepStatus.Kept] = 1 });
        summary.Steps.Sum(it => it.Spent.Tokens.Total).Should().Be(summary.Tokens.Total);
        summary
            .ToString()
            .Should()
            .Contain("Steps          1 × ask: 1 kept, 28 tokens, unknown (2 unpriced) (14 tokens, unknown (1 unpriced) repeated)");

        async Task<string> AskAsync(CancellationToken cancellationToken)
        {
            var answer = await test.Session.GetChatClient().GetResponseAsync("hi", cancellationToken: cancellationToken);
            return ++runs == 1 ? throw new TimeoutException() : answer.Text;
        }
    }
}
