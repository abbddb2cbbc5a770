using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Sessions;

public sealed class CaptureTests
{
    private const string Question = "What is the height of the tower?";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RecordWithoutTexts_SaysEverythingElse()
    {
        await using var full = await OpenAsync(Capture.Full);
        await using var digests = await OpenAsync(Capture.DigestsOnly);

        var expected = await CallAsync(full.Session);
        var response = await CallAsync(digests.Session);

        response
            .Should()
            .BeEquivalentTo(expected, options => options.Excluding(it => it.Id).Excluding(it => it.SessionId).Excluding(it => it.Capture));
        (expected.Capture, response.Capture).Should().Be((Capture.Full, Capture.DigestsOnly));
        response.Usage!.Total.Should().Be(12);
        response.Cost!.Amount.Should().Be(0.00012m);
        var summary = await digests.Session.GetSummaryAsync(Token);
        var whole = await full.Session.GetSummaryAsync(Token);
        (summary.Tokens, summary.Budget.Settled).Should().Be((whole.Tokens, whole.Budget.Settled));
        summary.Costs.Should().Equal(whole.Costs).And.ContainKey("USD");
        summary.Models.Should().BeEquivalentTo(whole.Models);
    }

    [Fact]
    public async Task Digests_SayWhetherAHistoryIsTheOne()
    {
        await using var test = await OpenAsync(Capture.DigestsOnly);
        var response = await CallAsync(test.Session);

        // Whoever has the texts can tell, from what a session that keeps them records of the same.
        await using var full = await OpenAsync(Capture.Full);
        var same = await CallAsync(full.Session);
        var other = await CallAsync(full.Session, "What is the height of the bridge?");

        response.RequestMessages.Should().Equal(same.RequestMessages).And.NotEqual(other.RequestMessages);
        response.TextDigest.Should().Be(ContentDigest.Of("It has 99 steps"u8));
        (await test.Storage.Records.GetContentsAsync([.. response.RequestMessages, .. response.ResponseMessages], Token))
            .Should()
            .OnlyContain(entry => entry == null);
    }

    [Fact]
    public async Task TextsThatAreNotKept_CannotBeRead()
    {
        await using var test = await OpenAsync(Capture.DigestsOnly);
        var response = await CallAsync(test.Session);
        Func<Task>[] reads =
        [
            () => test.Session.Responses.ReadRequestAsync(response, Token),
            () => test.Session.Responses.ReadOptionsAsync(response, Token),
            () => test.Session.Responses.ReadMessagesAsync(response, Token),
        ];

        foreach (var read in reads)
            (await read.Should().ThrowAsync<NotFoundException>())
                .Which.Message.Should()
                .Contain($"of response '{response.Id}'")
                .And.Contain("SessionOptions.Capture = DigestsOnly");
    }

    [Fact]
    public async Task TextOfAFailure_IsNotKept_AndItsKindIs()
    {
        var failure = new HttpRequestException($"You asked: {Question}", null, System.Net.HttpStatusCode.BadRequest);
        await using var test = await OpenAsync(Capture.DigestsOnly, ScriptedChatClient.Failing(failure));

        var call = () => test.Session.GetChatClient("scripted/m").GetResponseAsync(Question, cancellationToken: Token);

        var thrown = (await call.Should().ThrowAsync<ProviderException>()).Which;
        thrown.Message.Should().NotContain(Question);
        var error = (await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).Error!;
        (error.Message, error.Kind, error.StatusCode).Should().Be(("[not kept]", ProviderErrorKind.InvalidRequest, 400));
        test.Log.GetSnapshot().Should().NotContain(record => record.Message.Contains(Question));
    }

    [Fact]
    public async Task Step_IsReused_ByTheDigestsOfItsInputs()
    {
        await using var test = await OpenAsync(Capture.DigestsOnly);
        var runs = 0;

        for (var i = 0; i < 2; i++)
            await test.Session.StepAsync("count", [Question], _ => Task.FromResult(++runs), new() { ArtifactName = "count" }, Token);

        runs.Should().Be(1);
        var input = (await test.Session.Steps.ListAsync(cancellationToken: Token).SingleAsync(Token))
            .Inputs.Should()
            .ContainSingle()
            .Subject;
        input.IsKept.Should().BeFalse();
        input.Digest.Should().Be(ContentDigest.Of(System.Text.Encoding.UTF8.GetBytes($"\"{Question}\"")));
        var read = () => test.Session.Steps.ReadInputAsync(input, Token);
        (await read.Should().ThrowAsync<NotFoundException>()).Which.Message.Should().Contain(input.Digest.ToString());
        var result = await test.Session.FindArtifactAsync("count", cancellationToken: Token);
        var explanation = await test.Session.ExplainAsync(result!, cancellationToken: Token);
        explanation.ToString().Should().Contain("count").And.NotContain(Question);
    }

    [Fact]
    public async Task Conversation_IsNotContinued()
    {
        await using var test = await OpenAsync(Capture.DigestsOnly);
        var talk = test.Session.Conversation("talk");
        var chat = test.Session.GetChatClient("scripted/m");
        Func<Task>[] calls =
        [
            () => talk.AppendAsync([new(ChatRole.User, Question)], Token),
            () => talk.AsChatClient(chat).GetResponseAsync(Question, cancellationToken: Token),
            () => chat.GetResponseAsync(Question, new() { ConversationId = "talk" }, Token),
        ];

        foreach (var call in calls)
            (await call.Should().ThrowAsync<InvalidOperationException>())
                .Which.Message.Should()
                .Contain("Conversation 'talk'")
                .And.Contain("SessionOptions.Capture = DigestsOnly");
        (await test.Session.Responses.ListAsync(cancellationToken: Token).CountAsync(Token)).Should().Be(0, "nothing was sent");
    }

    [Fact]
    public async Task SessionWithoutTexts_IsNotReplayed()
    {
        await using var test = await OpenAsync(Capture.DigestsOnly);
        await CallAsync(test.Session);
        Func<Task>[] replays =
        [
            () => test.Store.OpenAsync(new() { ReplayFrom = test.Session.Id }, Token),
            () => test.Session.SaveCassetteAsync(Stream.Null, Token),
        ];

        foreach (var replay in replays)
        {
            var refused = (await replay.Should().ThrowAsync<ReplaySourceException>()).Which;
            refused.SourceId.Should().Be(test.Session.Id);
            refused.Message.Should().Contain("only digests are kept (SessionOptions.Capture)");
        }
    }

    [Fact]
    public async Task Store_IsWhole_AndNothingIsLeftOver()
    {
        await using var test = await OpenAsync(Capture.DigestsOnly);
        await CallAsync(test.Session);
        await test.Session.StepAsync("count", [Question], _ => Task.FromResult(1), cancellationToken: Token);

        var report = await test.Store.VerifyAsync(cancellationToken: Token);

        report.IsClean.Should().BeTrue(report.ToString());
        (report.Responses, report.Contents, report.Unreferenced).Should().Be((1, 1, 0), "the result of the step is all there is");
    }

    [Fact]
    public async Task Explanation_ShowsNoValueThatAnotherSessionKeeps()
    {
        await using var test = await OpenAsync(capture: null);
        await using var quiet = await test.Store.OpenAsync(new() { Capture = Capture.DigestsOnly }, Token);
        foreach (var session in new[] { test.Session, quiet })
            await session.StepAsync("count", [Question], _ => Task.FromResult(1), new() { ArtifactName = "count" }, Token);

        var full = await ExplainAsync(test.Session);
        var explanation = await ExplainAsync(quiet);

        full.Nodes.OfType<ValueNode>().Single().Json.Should().Contain(Question);
        explanation.Nodes.OfType<ValueNode>().Single().Json.Should().BeNull();
        explanation.ToString().Should().NotContain(Question);

        static async Task<Explanation> ExplainAsync(Session session) =>
            await session.ExplainAsync((await session.FindArtifactAsync("count", cancellationToken: Token))!, cancellationToken: Token);
    }

    [Fact]
    public async Task Diff_ShowsNoTextThatAnotherSessionKeeps()
    {
        await using var test = await OpenAsync(capture: null);
        await using var quiet = await test.Store.OpenAsync(new() { Capture = Capture.DigestsOnly }, Token);
        await using var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        await CallAsync(test.Session);
        await CallAsync(quiet);
        await CallAsync(other, "Another question");

        var diff = (await quiet.DiffAsync(other, Token)).ToString();
        var full = (await test.Session.DiffAsync(other, Token)).ToString();

        full.Should().Contain(Question);
        diff.Should().NotContain(Question).And.Contain("- message sha256:").And.Contain("+ user: Another question");
    }

    [Fact]
    public async Task Fork_KeepsNoMoreThanItsSession()
    {
        await using var test = await OpenAsync(capture: null);
        await using var session = await test.Store.OpenAsync(new() { Capture = Capture.DigestsOnly }, Token);
        await CallAsync(session);

        await using var fork = await session.ForkAsync(cancellationToken: Token);
        await CallAsync(fork);

        var captures = await fork.Responses.ListAsync(cancellationToken: Token).Select(response => response.Capture).ToListAsync(Token);
        captures.Should().Equal(Capture.DigestsOnly, Capture.DigestsOnly);
        (await test.Store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
    }

    [Fact]
    public async Task WhatSomebodyElseKeepsOfTheSame_IsNotExplained()
    {
        await using var test = await OpenAsync(capture: null);
        await CallAsync(test.Session);
        await using var session = await test.Store.OpenAsync(new() { Capture = Capture.DigestsOnly }, Token);
        await CallAsync(session);

        var answer = await session.StoreArtifactAsync("answer", "It has 99 steps", cancellationToken: Token);

        answer.Record.ProducedBy.Should().NotBeNull();
        (await session.ExplainAsync(answer, cancellationToken: Token)).ToString().Should().NotContain(Question);
    }

    [Fact]
    public async Task Setting_HoldsForOneOpening()
    {
        await using var test = await OpenAsync(capture: null);
        await using (var session = await test.Store.OpenAsync(new() { SessionId = "s-1", Capture = Capture.DigestsOnly }, Token))
            await CallAsync(session);
        await using var again = await test.Store.OpenAsync(new() { SessionId = "s-1" }, Token);
        await CallAsync(again);

        var responses = await again.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token);

        responses.Select(response => response.Capture).Should().Equal(Capture.DigestsOnly, Capture.Full);
        (await again.Responses.ReadRequestAsync(responses[1], Token)).Should().ContainSingle().Which.Text.Should().Be(Question);
        var read = () => again.Responses.ReadRequestAsync(responses[0], Token);
        await read.Should().ThrowAsync<NotFoundException>("that somebody else sent the same does not bring it back");
    }

    private static Task<TestSession> OpenAsync(Capture? capture, IChatClient? client = null) =>
        TestSession.OpenAsync(options =>
        {
            options.Capture = capture;
            options.Models = new();
            options.Models.Register(
                new ModelDescriptor
                {
                    Provider = "scripted",
                    Id = "m",
                    Price = new()
                    {
                        Input = 10m,
                        Output = 10m,
                        Source = new("the test"),
                    },
                }
            );
            options.Providers["scripted"] = new() { Implementation = new ScriptedProvider(_ => client ?? Answering()) };
        });

    private static ScriptedChatClient Answering() =>
        new(
            (_, _, _) =>
                new ChatResponseUpdate[]
                {
                    new(ChatRole.Assistant, "It has 99 steps"),
                    new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 8, OutputTokenCount = 4 })]),
                }.ToAsyncEnumerable()
        );

    private static async Task<TrackedResponse> CallAsync(Session session, string question = Question)
    {
        await session.GetChatClient("scripted/m").GetResponseAsync(question, new() { StopSequences = [Question] }, Token);
        return await session.Responses.ListAsync(new() { Order = RecordOrder.NewestFirst }, Token).FirstAsync(Token);
    }
}
