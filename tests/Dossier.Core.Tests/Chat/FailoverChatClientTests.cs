using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Dossier.Core.Tests.Chat;

public sealed class FailoverChatClientTests
{
    private static readonly string[] Both = ["first/m", "second/m"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<ProviderErrorKind, bool> Helpful { get; } =
        new()
        {
            { ProviderErrorKind.ServerError, true },
            { ProviderErrorKind.Timeout, true },
            { ProviderErrorKind.StreamInterrupted, true },
            { ProviderErrorKind.RateLimited, true },
            { ProviderErrorKind.RateLimited, false },
            { ProviderErrorKind.Connection, false },
            { ProviderErrorKind.NotFound, false },
            { ProviderErrorKind.Authentication, false },
            { ProviderErrorKind.PermissionDenied, false },
            { ProviderErrorKind.QuotaExceeded, false },
            { ProviderErrorKind.Overloaded, true },
            { ProviderErrorKind.ContextTooLong, false },
        };

    [Theory]
    [MemberData(nameof(Helpful))]
    public async Task FailureOfTheProvider_IsAnsweredByTheFallback(ProviderErrorKind kind, bool transient)
    {
        await using var test = await OpenAsync(
            ScriptedChatClient.InTurn(Failures.Of(kind, transient)),
            ScriptedChatClient.Answering("Second.")
        );

        var answer = await test.Session.GetChatClient(Both).GetResponseAsync("hi", cancellationToken: Token);

        answer.Text.Should().Be("Second.");
        var response = await OnlyAsync(test);
        response.Outcome.Should().Be(ResponseOutcome.Succeeded);
        response.Provider.Should().Be("first");
        response.ServedProvider.Should().Be("second");
        response
            .Attempts.Select(a => (a.Number, a.ModelCall, a.Provider, a.Reason, a.Outcome))
            .Should()
            .Equal(
                (1, 1, "first", AttemptReason.First, AttemptOutcome.Failed),
                (2, 1, "second", AttemptReason.Fallback, AttemptOutcome.Succeeded)
            );
        response.Attempts[0].Error!.Kind.Should().Be(kind);
        response.Attempts[1].Cause.Should().Be(response.Attempts[0].Error);
    }

    [Theory]
    [InlineData(ProviderErrorKind.InvalidRequest)]
    [InlineData(ProviderErrorKind.ContentFiltered)]
    [InlineData(ProviderErrorKind.Unknown)]
    public async Task WrongRequest_IsNotAskedElsewhere(ProviderErrorKind kind)
    {
        var second = ScriptedChatClient.Answering("Second.");
        var failure = Failures.Of(kind);
        await using var test = await OpenAsync(ScriptedChatClient.InTurn(failure), second);

        var act = () => test.Session.GetChatClient(Both).GetResponseAsync("hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<ProviderException>()).Which.Should().BeSameAs(failure);
        second.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task StoreThatFailsAtALaterAttempt_LeavesTheEarlierOnesInTheRecord()
    {
        var storage = new FailingStorage
        {
            BeforeCommit = commit => IsBeginningOfTheSecond(commit) ? throw new StorageException("The disk is full.") : Task.CompletedTask,
        };
        var second = ScriptedChatClient.Answering("Second.");
        await using var test = await OpenAsync(storage, ScriptedChatClient.InTurn(Failures.ServerError), second);

        var act = () => test.Session.GetChatClient(Both).GetResponseAsync("hi", cancellationToken: Token);

        await act.Should().ThrowAsync<StorageException>();
        second.Requests.Should().BeEmpty();
        var response = await OnlyAsync(test);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Type.Should().Be(typeof(StorageException).FullName);
        response.Attempts.Should().ContainSingle().Which.Error!.Kind.Should().Be(ProviderErrorKind.ServerError);
    }

    [Fact]
    public async Task CancelledAtALaterAttempt_LeavesTheEarlierOnesInTheRecord()
    {
        using var cancel = new CancellationTokenSource();
        var storage = new FailingStorage
        {
            BeforeCommit = commit =>
            {
                if (!IsBeginningOfTheSecond(commit))
                    return Task.CompletedTask;
                cancel.Cancel();
                throw new OperationCanceledException(cancel.Token);
            },
        };
        var second = ScriptedChatClient.Answering("Second.");
        await using var test = await OpenAsync(storage, ScriptedChatClient.InTurn(Failures.ServerError), second);

        var act = () => test.Session.GetChatClient(Both).GetResponseAsync("hi", cancellationToken: cancel.Token);

        await act.Should().ThrowAsync<OperationCanceledException>();
        second.Requests.Should().BeEmpty();
        var response = await OnlyAsync(test);
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        response.Attempts.Should().ContainSingle().Which.Error!.Kind.Should().Be(ProviderErrorKind.ServerError);
    }

    private static bool IsBeginningOfTheSecond(SessionCommit commit) =>
        commit.Responses is [{ Outcome: ResponseOutcome.InProgress, Attempts.Count: 2 }];

    [Fact]
    public async Task CancelledByTheCaller_IsNotAskedElsewhere()
    {
        using var cancel = new CancellationTokenSource();
        var second = ScriptedChatClient.Answering("Second.");
        var first = new ScriptedChatClient(
            (_, _, token) =>
            {
                cancel.Cancel();
                return ScriptedChatClient.UpdatesAsync(["x"], null, token);
            }
        );
        await using var test = await OpenAsync(first, second);

        var act = () => test.Session.GetChatClient(Both).GetResponseAsync("hi", cancellationToken: cancel.Token);

        await act.Should().ThrowAsync<OperationCanceledException>();
        second.Requests.Should().BeEmpty();
        var response = await OnlyAsync(test);
        response.Outcome.Should().Be(ResponseOutcome.Cancelled);
        response.Attempts.Single().Outcome.Should().Be(AttemptOutcome.Cancelled);
    }

    [Fact]
    public async Task ProviderWithoutKey_IsNoReasonToFail()
    {
        await using var test = await OpenAsync(
            () => throw new OptionsValidationException("Dossier", typeof(SessionOptions), ["no key"]),
            () => ScriptedChatClient.Answering("Second.")
        );

        var answer = await test.Session.GetChatClient(Both).GetResponseAsync("hi", cancellationToken: Token);

        answer.Text.Should().Be("Second.");
        (await OnlyAsync(test)).Attempts[0].Error!.Message.Should().Contain("no key");
    }

    [Fact]
    public async Task Stream_FallsBackBeforeItsFirstContent_AndShowsNothingOfTheFirstModel()
    {
        var first = new ScriptedChatClient((_, _, _) => OnlyARoleAsync());
        static async IAsyncEnumerable<ChatResponseUpdate> OnlyARoleAsync()
        {
            await Task.Yield();
            yield return new(ChatRole.Assistant, "") { ModelId = "first-model" };
            throw Failures.ServerError;
        }
        await using var test = await OpenAsync(first, ScriptedChatClient.Answering("Sec", "ond."));

        var updates = await test.Session.GetChatClient(Both).GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);

        string.Concat(updates).Should().Be("Second.");
        updates.Should().NotContain(update => update.ModelId == "first-model");
        (await OnlyAsync(test)).Attempts.Select(a => a.Outcome).Should().Equal(AttemptOutcome.Failed, AttemptOutcome.Succeeded);
    }

    [Fact]
    public async Task Stream_HoldsBackUntilItsFirstContent()
    {
        var reached = new List<string>();
        var first = new ScriptedChatClient((_, _, _) => SlowlyAsync());
        async IAsyncEnumerable<ChatResponseUpdate> SlowlyAsync()
        {
            await Task.Yield();
            reached.Add("role");
            yield return new(ChatRole.Assistant, "");
            reached.Add("text");
            yield return new(ChatRole.Assistant, "one");
            reached.Add("more");
            yield return new(ChatRole.Assistant, " two") { FinishReason = ChatFinishReason.Stop };
        }
        await using var test = await OpenAsync(first, ScriptedChatClient.Answering("Second."));

        await using var stream = test
            .Session.GetChatClient(Both)
            .GetStreamingResponseAsync("hi", cancellationToken: Token)
            .GetAsyncEnumerator(Token);
        await stream.MoveNextAsync();

        stream.Current.Text.Should().BeEmpty("what was held back is not lost");
        reached.Should().Equal("role", "text");
    }

    [Theory]
    [InlineData("text")]
    [InlineData("reasoning")]
    [InlineData("tool call")]
    public async Task Stream_DoesNotFallBackAfterItsFirstContent(string content)
    {
        var second = ScriptedChatClient.Answering("Second.");
        var first = new ScriptedChatClient((_, _, _) => CutAsync());
        async IAsyncEnumerable<ChatResponseUpdate> CutAsync()
        {
            await Task.Yield();
            yield return new(ChatRole.Assistant, [ContentOf(content)]);
            throw Failures.ServerError;
        }
        await using var test = await OpenAsync(first, second);
        var seen = 0;

        var act = async () =>
        {
            await foreach (var _ in test.Session.GetChatClient(Both).GetStreamingResponseAsync("hi", cancellationToken: Token))
                seen++;
        };

        await act.Should().ThrowAsync<ProviderException>();
        seen.Should().Be(1);
        second.Requests.Should().BeEmpty();
        var response = await OnlyAsync(test);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.ResponseMessages.Should().NotBeEmpty("what had arrived is kept");
        response.Attempts.Single().TimeToFirstToken.Should().NotBeNull();
    }

    [Fact]
    public async Task ModelThatCannotDoIt_IsSkippedAndSaysWhy()
    {
        var second = ScriptedChatClient.Answering("Second.");
        await using var test = await OpenAsync(
            () => ScriptedChatClient.InTurn(Failures.ServerError),
            () => second,
            () => ScriptedChatClient.Answering("Third.")
        );
        test.Session.Models.Register(ModelDescriptor.Unknown("second", "m") with { Tools = Support.No });

        var answer = await test
            .Session.GetChatClient(["first/m", "second/m", "third/m"])
            .GetResponseAsync("hi", new() { Tools = [Tools.Counting(() => { }).AsDeclarationOnly()] }, Token);

        answer.Text.Should().Be("Third.");
        second.Requests.Should().BeEmpty();
        var response = await OnlyAsync(test);
        response.Attempts.Select(a => a.Outcome).Should().Equal(AttemptOutcome.Failed, AttemptOutcome.Skipped, AttemptOutcome.Succeeded);
        response.Attempts[1].Error!.Message.Should().Be("second/m was skipped: it does not support tools.");
        response.Attempts[2].Cause!.Kind.Should().Be(ProviderErrorKind.ServerError, "the fallback is there because of the failure");
        test.Log.GetSnapshot().Should().ContainSingle(entry => entry.Id.Id == 25);
    }

    [Fact]
    public async Task ModelOfWhichNothingIsKnown_IsAsked()
    {
        await using var test = await OpenAsync(ScriptedChatClient.InTurn(Failures.ServerError), ScriptedChatClient.Answering("Second."));

        var answer = await test
            .Session.GetChatClient(Both)
            .GetResponseAsync("hi", new() { Tools = [Tools.Counting(() => { }).AsDeclarationOnly()] }, Token);

        answer.Text.Should().Be("Second.");
    }

    [Fact]
    public async Task FallbackGetsNotTheModelOfTheFirst()
    {
        var second = ScriptedChatClient.Answering("Second.");
        await using var test = await OpenAsync(ScriptedChatClient.InTurn(Failures.ServerError), second);
        var chat = test.Session.GetChatClient(Both);

        await chat.GetResponseAsync("hi", new() { ModelId = "first-special", Temperature = 0.5f }, Token);

        var options = second.Options.Should().ContainSingle().Subject!;
        options.ModelId.Should().BeNull();
        options.Temperature.Should().Be(0.5f);
        options.AdditionalProperties.Should().BeNull();
        var first = await test.Session.Responses.ListAsync(cancellationToken: Token).FirstAsync(Token);
        first.Attempts.Select(a => a.RequestedModel).Should().Equal("first-special", "m");
    }

    [Fact]
    public async Task EveryModelFails_TheFirstFailureIsThrownAndNamesTheOthers()
    {
        await using var test = await OpenAsync(
            ScriptedChatClient.InTurn(Failures.SlowDown(TimeSpan.FromSeconds(9))),
            ScriptedChatClient.InTurn(Failures.WrongKey)
        );

        var act = () => test.Session.GetChatClient(Both).GetResponseAsync("hi", cancellationToken: Token);

        var thrown = (await act.Should().ThrowAsync<ProviderException>()).Which;
        thrown.Failure.Kind.Should().Be(ProviderErrorKind.RateLimited);
        thrown.Failure.RetryAfter.Should().Be(TimeSpan.FromSeconds(9));
        thrown.Message.Should().Be("The provider says RateLimited. No fallback could answer either: The provider says Authentication.");
        var response = await OnlyAsync(test);
        response.Error!.Kind.Should().Be(ProviderErrorKind.RateLimited);
        response.Attempts.Should().OnlyContain(a => a.Outcome == AttemptOutcome.Failed).And.HaveCount(2);
        response.ServedProvider.Should().BeNull();
    }

    [Fact]
    public async Task SessionFallbacks_HoldForEveryModelButNotForAnExplicitList()
    {
        await using var test = await OpenAsync(
            [() => ScriptedChatClient.InTurn(Failures.ServerError), () => ScriptedChatClient.Answering("Second.")],
            options => options.Fallbacks = ["second/m"]
        );

        (await test.Session.GetChatClient("first/m").GetResponseAsync("hi", cancellationToken: Token)).Text.Should().Be("Second.");
        var act = () => test.Session.GetChatClient(["first/m"]).GetResponseAsync("hi", cancellationToken: Token);

        await act.Should().ThrowAsync<ProviderException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fallback_DoesNotWaitForWhatTheFailedModelHeld(bool streaming)
    {
        await using var test = await OpenAsync(
            [() => ScriptedChatClient.InTurn(Failures.SlowDown()), () => ScriptedChatClient.Answering("Second.")],
            options => options.Budget = new() { MaxCalls = 1 }
        );
        var chat = test.Session.GetChatClient(Both);

        var answer = streaming
            ? await chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToChatResponseAsync(Token)
            : await chat.GetResponseAsync("hi", cancellationToken: Token);

        answer.Text.Should().Be("Second.");
        var status = await test.Session.Budget.GetStatusAsync(Token);
        status.Settled.Calls.Should().Be(1, "the vendor bills nothing for a call that it refused");
        status.Held.Calls.Should().Be(0);
    }

    [Fact]
    public async Task SameModels_AreTheSameClient()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("a"), ScriptedChatClient.Answering("b"));

        test.Session.GetChatClient(Both).Should().BeSameAs(test.Session.GetChatClient(["first/m", "second/m", "first/m"]));
        test.Session.GetChatClient(Both).Should().NotBeSameAs(test.Session.GetChatClient("first/m"));
    }

    [Fact]
    public async Task NoModels_IsMisuse()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("a"), ScriptedChatClient.Answering("b"));

        var act = () => test.Session.GetChatClient([]);

        act.Should().Throw<ArgumentException>().WithMessage("There is no model to ask*");
    }

    [Fact]
    public async Task WastedTokens_AreCountedApart()
    {
        var first = new ScriptedChatClient((_, _, _) => ExpensivelyAsync());
        static async IAsyncEnumerable<ChatResponseUpdate> ExpensivelyAsync()
        {
            await Task.Yield();
            yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 1000, OutputTokenCount = 0 })]);
            throw Failures.ServerError;
        }
        await using var test = await OpenAsync(first, ScriptedChatClient.Answering("Second."));
        Price(test, "first", 2m);
        Price(test, "second", 5m);

        await test.Session.GetChatClient(Both).GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);

        var response = await OnlyAsync(test);
        response.Usage.Should().Be(new TokenUsage { Input = 1010, Output = 4 });
        response.Cost!.Amount.Should().Be(0.002m + 0.00007m);
        response.WastedUsage.Should().Be(new TokenUsage { Input = 1000 });
        response.WastedCost!.Amount.Should().Be(0.002m);
        var summary = await test.Session.GetSummaryAsync(Token);
        summary.Wasted.Attempts.Should().Be(1);
        summary.Wasted.Tokens.Total.Should().Be(1000);
        summary.Wasted.Costs["USD"].Should().Be(0.002m);
        summary.Useful.Attempts.Should().Be(1);
        summary.Useful.Costs["USD"].Should().Be(0.00007m);
        summary.Models.Select(m => m.Model).Should().Equal("first/m", "second/m");
        summary.ToString().Should().Contain("Wasted      1 of 2 attempts, 1,000 tokens, 0.002 USD");
    }

    [Fact]
    public async Task OneUnpricedAttempt_MakesTheCostUnknown()
    {
        var first = ScriptedChatClient.Failing(Failures.ServerError);
        await using var test = await OpenAsync(first, ScriptedChatClient.Answering("Second."));
        var chat = test.Session.GetChatClient(Both);

        await chat.GetResponseAsync("hi", cancellationToken: Token);
        var unpriced = await OnlyAsync(test);
        Price(test, "second", 5m);
        await chat.GetResponseAsync("hi", cancellationToken: Token);
        var priced = await test.Session.Responses.ListAsync(cancellationToken: Token).LastAsync(Token);

        unpriced.Cost.Should().BeNull();
        priced.Cost!.Amount.Should().Be(0.00007m, "the failed attempt brought nothing back");
        (await test.Session.GetSummaryAsync(Token)).Unpriced.Should().Be(1);
    }

    private static AIContent ContentOf(string kind) =>
        kind switch
        {
            "text" => new TextContent("half"),
            "reasoning" => new TextReasoningContent("hmm"),
            _ => new FunctionCallContent("1", "weather"),
        };

    private static void Price(TestSession test, string provider, decimal price) =>
        test.Session.Models.Register(
            ModelDescriptor.Unknown(provider, "m") with
            {
                Price = new()
                {
                    Input = price,
                    Output = price,
                    Source = new("test"),
                },
            }
        );

    private static Task<TestSession> OpenAsync(params ScriptedChatClient[] clients) =>
        OpenAsync([.. clients.Select(client => (Func<IChatClient>)(() => client))]);

    private static Task<TestSession> OpenAsync(params Func<IChatClient>[] clients) => OpenAsync(clients, _ => { });

    private static Task<TestSession> OpenAsync(FailingStorage storage, params ScriptedChatClient[] clients) =>
        OpenAsync([.. clients.Select(client => (Func<IChatClient>)(() => client))], _ => { }, storage);

    private static Task<TestSession> OpenAsync(
        Func<IChatClient>[] clients,
        Action<SessionOptions> configure,
        FailingStorage? storage = null
    ) =>
        TestSession.OpenAsync(
            options =>
            {
                foreach (var (name, open) in new[] { "first", "second", "third" }.Zip(clients))
                    options.Providers[name] = new() { Implementation = new ScriptedProvider(_ => open()) };
                configure(options);
            },
            storage
        );

    private static async Task<TrackedResponse> OnlyAsync(TestSession test) =>
        await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
}
