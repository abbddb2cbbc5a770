using System.Text.RegularExpressions;
using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Diagnostics;

public sealed partial class RedactorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatARedactorFinds_IsTakenOutEverywhereAndRecorded()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new Patients()));
        var chat = test.Session.Track(ScriptedChatClient.Answering("Patient P-10", "07 is well."));
        await chat.GetResponseAsync(
            "How is P-1007? My key is " + TestSession.Key,
            new()
            {
                Instructions = "P-1 and P-2 are well.",
                AdditionalProperties = new() { ["about"] = "P-3" },
            },
            Token
        );
        var artifact = await test.Session.StoreArtifactAsync(
            "notes on P-1007",
            "P-1007",
            metadata: new Dictionary<string, object?> { ["patient"] = "P-1007" },
            cancellationToken: Token
        );

        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        (await test.Session.Responses.ReadRequestAsync(response, Token)).Single().Text.Should().Be("How is <patient>? My key is [masked]");
        (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single().Text.Should().Be("Patient <patient> is well.");
        (await test.Session.Responses.ReadOptionsAsync(response, Token))!.Value.GetRawText().Should().NotContain("P-");
        response
            .Redactions.Should()
            .BeEquivalentTo([
                new Redaction("configured-key", RedactedPart.Request, 1),
                new Redaction("patient", RedactedPart.Request, 1),
                new Redaction("patient", RedactedPart.Options, 3),
                new Redaction("patient", RedactedPart.Answer, 1),
            ]);
        artifact.Name.Should().Be("notes on <patient>");
        (await artifact.ReadTextAsync(Token)).Should().Be("<patient>");
        artifact.Record.Redactions.Sum(redaction => redaction.Count).Should().Be(3);
        (await test.Session.FindArtifactAsync("notes on P-1007", cancellationToken: Token))!.Id.Should().Be(artifact.Id);
        test.Log.GetSnapshot().Select(record => record.Message).Should().NotContainMatch("*P-1007*");
        test.Log.GetSnapshot().Select(record => record.Message).Should().ContainMatch("*1 × patient in answer*");
        (await test.Session.GetSummaryAsync(Token)).ToString().Should().Contain("3 × patient in options");
    }

    [Fact]
    public async Task WhatASessionIsCalled_SaysWhatWasTakenOutOfIt()
    {
        await using var test = await TestSession.OpenAsync(options =>
        {
            options.Redactors.Add(new Patients());
            (options.Name, options.Tags) = ("about P-1007", ["P-1007", "P-1008"]);
        });
        await using var fork = await test.Session.ForkAsync(new() { Name = "P-1 again" }, Token);
        await using var plain = await test.Session.ForkAsync(cancellationToken: Token);
        await plain.FailAsync("P-1 and P-2 left", Token);
        var later = await test.Storage.Records.GetSessionAsync(plain.Id, Token);

        (test.Session.Info.Name, fork.Info.Name, later!.StatusReason)
            .Should()
            .Be(("about <patient>", "<patient> again", "<patient> and <patient> left"));
        test.Session.Info.Redactions.Should().Equal(new Redaction("patient", RedactedPart.Name, 3));
        fork.Info.Redactions.Should().Equal(new Redaction("patient", RedactedPart.Name, 1));
        later.Redactions.Should().Equal(new Redaction("patient", RedactedPart.Name, 2));
    }

    [Fact]
    public async Task NameOfAConversation_IsLoggedWhenSomethingIsTakenOutOfIt()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new Patients()));

        var talk = test.Session.Conversation("with P-1007");

        talk.Name.Should().Be("with <patient>");
        test.Log.GetSnapshot()
            .Select(record => record.Message)
            .Should()
            .ContainMatch("Taken out of the name of a conversation of session*: 1 × patient in name");
    }

    [Fact]
    public async Task FailingRedactor_FailsTheWrite_AndNothingIsStored()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new FailingRedactor("the launch code")));

        var store = () => test.Session.StoreArtifactAsync("note", "the launch code is 42", cancellationToken: Token);
        var ask = () => test.Session.GetChatClient("scripted/s").GetResponseAsync("the launch code is 42", cancellationToken: Token);

        (await store.Should().ThrowAsync<RedactionException>()).WithMessage("*Failing*SessionOptions.Redactors*");
        await ask.Should().ThrowAsync<RedactionException>();
        (await test.Session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(0);
        (await test.Session.Responses.ListAsync(cancellationToken: Token).CountAsync(Token)).Should().Be(0);
    }

    [Fact]
    public async Task RedactorThatFailsOnTheAnswer_LeavesARecordOfTheCall_AndTheCallerHasTheAnswer()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new FailingRedactor("Hello")));

        var ask = () => test.Session.GetChatClient("scripted/s").GetResponseAsync("hi", cancellationToken: Token);

        var thrown = (await ask.Should().ThrowAsync<ResponseNotRecordedException>()).Which;
        thrown.Response.Text.Should().Be("Hello there");
        thrown.InnerException.Should().BeOfType<RedactionException>();
        thrown.Message.Should().Contain("recorded as failed");
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Type.Should().Be(typeof(RedactionException).FullName);
        response.ResponseMessages.Should().BeEmpty();
        response.Usage!.Total.Should().Be(14);
    }

    [Fact]
    public async Task AttemptWhoseAnswerARedactorFailsAt_HasSucceeded()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new FailingRedactor("Hello")));

        var ask = () => test.Session.Track(ScriptedChatClient.Answering("Hello")).GetResponseAsync("hi", cancellationToken: Token);

        await ask.Should().ThrowAsync<ResponseNotRecordedException>();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Attempts.Single().Should().BeEquivalentTo(new { Outcome = AttemptOutcome.Succeeded, Error = (ResponseError?)null });
    }

    [Fact]
    public async Task FailureWithPartOfAnAnswerThatARedactorFailsAt_IsRecordedAndSaidToBe()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new FailingRedactor("Hello")));
        var chat = test.Session.Track(ScriptedChatClient.Failing(new IOException("cut off"), "Hello"));

        var read = async () => await chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);

        await read.Should().ThrowAsync<IOException>();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Error!.Message.Should().Contain("cut off");
        test.Log.GetSnapshot().Select(record => record.Id.Id).Should().Contain(21).And.NotContain(22, "its outcome is recorded");
    }

    [Theory]
    [InlineData("script-1-2026", false)]
    [InlineData("script-1-2026", true)]
    [InlineData("stop", false)]
    [InlineData("stop", true)]
    public async Task RedactorThatFailsAtWhatTheAnswerIsCalled_LosesNothing(string on, bool own)
    {
        await using var test = await TestSession.OpenAsync(options =>
        {
            options.Redactors.Add(new FailingRedactor(on));
            options.Budget = new() { MaxTokens = 1000 };
        });
        var chat = own ? test.Session.Track(ScriptedChatClient.Answering("Hello")) : test.Session.GetChatClient("scripted/s");

        var answer = await chat.GetResponseAsync("hi", cancellationToken: Token);

        answer.ModelId.Should().Be("script-1-2026-01-01");
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Success.Should().BeTrue();
        response.Usage!.Total.Should().Be(14);
        new[] { response.ServedModel, response.FinishReason }
            .Should()
            .ContainSingle(name => name == "[not shown, because a redactor failed]");
        var budget = await test.Session.Budget.GetStatusAsync(Token);
        (budget.Settled.Tokens, budget.Held.Tokens).Should().Be((14, 0));
    }

    [Fact]
    public async Task RedactorThatFailsAtANameOfTheCallersOwnResponse_FailsTheWrite()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new FailingRedactor("acme")));

        var track = () => test.Session.Responses.TrackAsync("key", new() { Provider = "acme" }, Token);

        await track.Should().ThrowAsync<RedactionException>();
        (await test.Session.Responses.FindAsync("key", Token)).Should().BeNull();
    }

    [Fact]
    public void NothingInsteadOfAList_IsAnErrorThatSaysSo()
    {
        var masker = new SecretMasker([], [new Finding(null!)]);

        var apply = () => masker.Apply("text");

        apply.Should().Throw<RedactionException>().WithMessage("*Finding returned null*");
    }

    [Fact]
    public void NullAmongThem_IsRefusedByItsPlace()
    {
        var act = () => new SessionStore(new MemoryStorage(), new() { Redactors = { new Patients(), null! } });

        act.Should().Throw<ArgumentException>().WithMessage("*SessionOptions.Redactors has a null at index 1*");
    }

    [Fact]
    public async Task RedactorThatFailsOnAnError_HidesTheTextAndNotTheFailure()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new FailingRedactor("launch")));
        var chat = test.Session.Track(ScriptedChatClient.Failing(new InvalidOperationException("launch code")));

        var ask = () => chat.GetResponseAsync("hi", cancellationToken: Token);

        await ask.Should().ThrowAsync<InvalidOperationException>();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Error!.Message.Should().Be("[not shown, because a redactor failed]");
    }

    [Theory]
    [InlineData(-1, 1, "x")]
    [InlineData(0, 0, "x")]
    [InlineData(2, 3, "x")]
    [InlineData(int.MaxValue, int.MaxValue, "x")]
    [InlineData(0, 1, " ")]
    public void SpanThatIsNoneOfTheText_IsAnError(int start, int length, string kind)
    {
        var masker = new SecretMasker([], [new Finding(new RedactedSpan(start, length, kind))]);

        var apply = () => masker.Apply("text");

        apply.Should().Throw<RedactionException>().WithMessage("*Finding*");
    }

    [Fact]
    public void SpansInAnyOrderThatOverlap_GoTogether()
    {
        var masker = new SecretMasker([], [new Finding(new(4, 3, "b"), new(0, 1, "a", "<a>"), new(5, 4, "b", "<b>"))]);
        var tally = new RedactionTally();

        masker.Apply("0123456789", tally, RedactedPart.Content).Should().Be("<a>123[masked]9");

        tally
            .Redactions.Should()
            .BeEquivalentTo([new Redaction("a", RedactedPart.Content, 1), new Redaction("b", RedactedPart.Content, 2)]);
    }

    [Fact]
    public async Task Structure_IsNoneOfARedactorsBusiness()
    {
        await using var test = await TestSession.OpenAsync(options => options.Redactors.Add(new Everything()));
        var chat = test.Session.Track(ScriptedChatClient.Answering("hello"));

        await chat.GetResponseAsync(
            new ChatMessage(ChatRole.User, [new TextContent("a"), new UriContent("https://example.com/x", "image/png")]),
            cancellationToken: Token
        );

        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        var message = (await test.Session.Responses.ReadRequestAsync(response, Token)).Single();
        message.Role.Should().Be(ChatRole.User);
        message.Text.Should().StartWith("[masked]").And.NotContain("example.com");
    }

    [Fact]
    public async Task RedactorsOfOneSession_AreRefused()
    {
        await using var test = await TestSession.OpenAsync();

        var open = () => test.Store.OpenAsync(new() { Redactors = { new Patients() } }, Token);

        await open.Should().ThrowAsync<ArgumentException>().WithMessage("*Redactors*");
    }

    private sealed partial class Patients : IRedactor
    {
        public IEnumerable<RedactedSpan> Find(string text) =>
            Numbers().Matches(text).Select(match => new RedactedSpan(match.Index, match.Length, "patient", "<patient>"));

        [GeneratedRegex("P-[0-9]+")]
        private static partial Regex Numbers();
    }

    private sealed class Everything : IRedactor
    {
        public IEnumerable<RedactedSpan> Find(string text) => text == SecretMasker.Mask ? [] : [new RedactedSpan(0, text.Length, "text")];
    }

    private sealed class Finding(params RedactedSpan[] spans) : IRedactor
    {
        public IEnumerable<RedactedSpan> Find(string text) => spans;
    }
}
