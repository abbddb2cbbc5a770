using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Dossier.Core.Tests.Money;

/// <summary>What a budget lets through. A token of input costs 0.001 USD, one of output 0.01; the scripted answer takes 10 and 4, and so 0.05 USD.</summary>
public sealed class SessionBudgetTests
{
    private static readonly ModelDescriptor s_model = new()
    {
        Provider = "scripted",
        Id = "m",
        ContextTokens = 10_000,
        MaxOutputTokens = 1_000,
        Price = new()
        {
            Input = 1_000m,
            Output = 10_000m,
            Source = new("test", new DateOnly(2026, 1, 1)),
        },
    };

    private static readonly ChatOptions s_short = new() { MaxOutputTokens = 4 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CallsThatFitExactly_AreAllLetThrough_AndOneMoreIsNot()
    {
        const int Calls = 200;
        await using var test = await OpenAsync(new() { MaxCost = Calls * 0.05m }, new ParallelVendor());
        var chat = test.Session.GetChatClient("m");

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => Task.Run(() => chat.GetResponseAsync("hi", s_short, Token))));

        var status = await test.Session.Budget.GetStatusAsync(Token);
        status.Settled.Should().Be(Amount(Calls * 0.05m, Calls * 14, Calls));
        status.Held.Should().Be(Amount());
        await chat.Awaiting(it => it.GetResponseAsync("hi", s_short, Token)).Should().ThrowAsync<BudgetExceededException>();
    }

    [Fact]
    public async Task ExhaustedBudget_RefusesBeforeAnythingIsSent_AndRecordsTheRefusal()
    {
        var vendor = ScriptedChatClient.Answering("Hello");
        await using var test = await OpenAsync(new() { MaxCost = 0.01m }, vendor);

        var refusal = await test
            .Session.GetChatClient("m")
            .Awaiting(it => it.GetResponseAsync("hi", s_short, Token))
            .Should()
            .ThrowAsync<BudgetExceededException>();

        refusal.Which.Limit.Should().Be("MaxCost");
        refusal.Which.IsTransient.Should().BeFalse();
        refusal.Which.Message.Should().Contain("MaxCost is 0.01 USD: 0.00 USD are settled, 0.00 USD held").And.Contain("ChangeAsync");
        vendor.Requests.Should().BeEmpty();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Type.Should().Be(typeof(BudgetExceededException).FullName);
        response.Error.Kind.Should().Be(ProviderErrorKind.BudgetExceeded);
        response.Attempts.Should().BeEmpty();
    }

    [Fact]
    public async Task CallWithoutACap_IsSentWithOneThatFits_AndTheRecordSaysSo()
    {
        ChatOptions? sent = null;
        await using var test = await OpenAsync(new() { MaxCost = 0.1m }, Recording(options => sent = options));

        await test.Session.GetChatClient("m").GetResponseAsync("hi", cancellationToken: Token);

        // 8 tokens of input are taken for 12 at the most: (0.1 - 0.012) / 0.01.
        sent!.MaxOutputTokens.Should().Be(8);
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Attempts.Should().ContainSingle().Which.OutputCap.Should().Be(8);
        (await test.Session.Responses.ReadOptionsAsync(response, Token)).Should().BeNull("that is what was asked for");
    }

    [Fact]
    public async Task CallThatFitsWithAllItsOutput_IsSentAsItIs()
    {
        ChatOptions? sent = null;
        await using var test = await OpenAsync(new() { MaxCost = 100m }, Recording(options => sent = options));

        await test.Session.GetChatClient("m").GetResponseAsync("hi", cancellationToken: Token);

        sent!.MaxOutputTokens.Should().BeNull();
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        response.Attempts.Should().ContainSingle().Which.OutputCap.Should().BeNull();
    }

    [Fact]
    public async Task CallUnderWay_IsHeldAtItsWorst_WithItsIntent()
    {
        var vendor = new GatedVendor();
        await using var test = await OpenAsync(new() { MaxCost = 1m }, vendor.Client);
        var call = test.Session.GetChatClient("m").GetResponseAsync("hi", s_short, Token);
        await vendor.Entered;

        var status = await test.Session.Budget.GetStatusAsync(Token);

        status.Held.Should().Be(Amount(0.052m, 16, 1));
        var hold = status.Holds.Should().ContainSingle().Subject;
        hold.IsAbandoned.Should().BeFalse();
        hold.Hold.Model.Should().Be("scripted/m");
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        hold.Hold.ResponseId.Should().Be(response.Id);
        response.Outcome.Should().Be(ResponseOutcome.InProgress);
        vendor.Open();
        await call;
        (await test.Session.Budget.GetStatusAsync(Token)).Should().BeEquivalentTo(new { Settled = Amount(0.05m, 14, 1), Held = Amount() });
    }

    [Fact]
    public async Task CallBesideOneThatHoldsTheRest_WaitsForItRatherThanBeingRefused()
    {
        var vendor = new GatedVendor();
        await using var test = await OpenAsync(new() { MaxCost = 0.11m }, vendor.Client);
        var chat = test.Session.GetChatClient("m");
        var first = chat.GetResponseAsync("hi", cancellationToken: Token); // holds all of it
        await vendor.Entered;

        var second = chat.GetResponseAsync("hi", s_short, Token);

        second.IsCompleted.Should().BeFalse();
        vendor.Open();
        await first;
        await second;
        (await test.Session.Budget.GetStatusAsync(Token)).Settled.Should().Be(Amount(0.1m, 28, 2));
    }

    [Fact]
    public async Task ExhaustedBudgetThatWaits_GoesOnWhenItIsRaised()
    {
        await using var test = await OpenAsync(new() { MaxCalls = 0, WhenExhausted = BudgetExhaustion.Wait });
        var call = test.Session.GetChatClient("m").GetResponseAsync("hi", s_short, Token);
        call.IsCompleted.Should().BeFalse();

        await test.Session.Budget.ChangeAsync(new() { MaxCalls = 1, WhenExhausted = BudgetExhaustion.Wait }, Token);

        (await call).Text.Should().Be("Hello there");
    }

    [Fact]
    public async Task ExhaustedBudgetThatWaits_CanBeCancelled()
    {
        await using var test = await OpenAsync(new() { MaxCalls = 0, WhenExhausted = BudgetExhaustion.Wait });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var call = test.Session.GetChatClient("m").GetResponseAsync("hi", s_short, cancellation.Token);

        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => call).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task ModelWithoutPrice_IsRefusedUnderALimitInMoney_UnlessAllowed()
    {
        await using var test = await OpenAsync(new() { MaxCost = 1m });
        var chat = test.Session.GetChatClient("unknown", "scripted");

        var refusal = await chat.Awaiting(it => it.GetResponseAsync("hi", s_short, Token)).Should().ThrowAsync<BudgetExceededException>();
        refusal.Which.Limit.Should().Be("AllowUnpriced");
        refusal
            .Which.Message.Should()
            .Contain("scripted/unknown")
            .And.Contain("with OverrideFacts of the ModelRegistry in SessionOptions.Models");
        await test.Session.Budget.ChangeAsync(new() { MaxCost = 1m, AllowUnpriced = true }, Token);
        await chat.GetResponseAsync("hi", s_short, Token);

        (await test.Session.Budget.GetStatusAsync(Token)).Settled.Should().Be(Amount(0m, 14, 1));
    }

    [Fact]
    public async Task CallThatTakesMoreThanItsHold_IsRecordedInFull_AndStopsTheNext()
    {
        var vendor = Using(new() { InputTokenCount = 10, OutputTokenCount = 400 });
        await using var test = await OpenAsync(new() { MaxCost = 1m }, vendor);
        var chat = test.Session.GetChatClient("m");

        await chat.GetResponseAsync("hi", s_short, Token);

        var status = await test.Session.Budget.GetStatusAsync(Token);
        status.Settled.Cost.Should().Be(4.01m);
        status.CostLeft.Should().Be(-3.01m);
        await chat.Awaiting(it => it.GetResponseAsync("hi", s_short, Token)).Should().ThrowAsync<BudgetExceededException>();
        test.Log.GetSnapshot().Should().ContainSingle(entry => entry.Id.Id == 42);
    }

    [Fact]
    public async Task ThresholdThatIsReached_IsWarnedOfOnce()
    {
        await using var test = await OpenAsync(new() { MaxCalls = 5 });
        var chat = test.Session.GetChatClient("m");

        for (var i = 0; i < 5; i++)
        {
            await chat.GetResponseAsync("hi", s_short, Token);
            test.Log.GetSnapshot().Count(entry => entry.Id.Id == 40).Should().Be(i < 3 ? 0 : 1);
        }

        var status = await test.Session.Budget.GetStatusAsync(Token);
        status.Warning.Should().Be("MaxCalls");
        status.ToString().Should().Contain("MaxCalls is nearly spent");
        test.Log.GetSnapshot().Single(entry => entry.Id.Id == 40).Level.Should().Be(LogLevel.Warning);
    }

    [Fact]
    public async Task RefusedRequest_CostsNothing()
    {
        var vendor = ScriptedChatClient.Failing(new HttpRequestException("no", null, System.Net.HttpStatusCode.BadRequest));
        await using var test = await OpenAsync(new() { MaxCost = 1m }, vendor);

        await test.Session.GetChatClient("m").Awaiting(it => it.GetResponseAsync("hi", s_short, Token)).Should().ThrowAsync<Exception>();

        (await test.Session.Budget.GetStatusAsync(Token)).Should().BeEquivalentTo(new { Settled = Amount(), Held = Amount() });
    }

    [Fact]
    public async Task StreamThatIsCut_IsChargedAtItsWorst()
    {
        var vendor = ScriptedChatClient.Failing(new IOException("cut"), "Hel");
        await using var test = await OpenAsync(new() { MaxCost = 1m }, vendor);
        var stream = test.Session.GetChatClient("m").GetStreamingResponseAsync("hi", s_short, Token);

        await stream.Awaiting(it => it.ToListAsync(Token).AsTask()).Should().ThrowAsync<Exception>();

        (await test.Session.Budget.GetStatusAsync(Token)).Should().BeEquivalentTo(new { Settled = Amount(0.052m, 16, 1), Held = Amount() });
    }

    [Fact]
    public async Task StreamThatIsLeft_IsChargedForWhatArrived()
    {
        await using var test = await OpenAsync(new() { MaxCost = 20m });

        await foreach (var update in test.Session.GetChatClient("m").GetStreamingResponseAsync("hi", cancellationToken: Token))
            if (update.Text.Length > 0)
                break;

        // 12 tokens of input, and "Hello" for 2.
        (await test.Session.Budget.GetStatusAsync(Token))
            .Should()
            .BeEquivalentTo(new { Settled = Amount(0.032m, 14, 1), Held = Amount() });
    }

    [Fact]
    public async Task ToolCallWithoutUsage_IsChargedWithItsArguments()
    {
        var call = new FunctionCallContent("1", "write", new Dictionary<string, object?> { ["text"] = new string('x', 291) });
        var vendor = new ScriptedChatClient(
            (_, _, _) =>
                new[]
                {
                    new ChatResponseUpdate(ChatRole.Assistant, [call]) { FinishReason = ChatFinishReason.ToolCalls },
                }.ToAsyncEnumerable()
        );
        await using var test = await OpenAsync(new() { MaxCost = 20m }, vendor);

        await test.Session.GetChatClient("m").GetResponseAsync("hi", cancellationToken: Token);

        // 12 tokens of input, and 300 characters for 100.
        (await test.Session.Budget.GetStatusAsync(Token))
            .Settled.Tokens.Should()
            .Be(112);
    }

    [Fact]
    public async Task LimitsOfACall_HoldBesideThoseOfTheSession_AndAreNotSent()
    {
        ChatOptions? sent = null;
        await using var test = await OpenAsync(null, Recording(options => sent = options));
        var chat = test.Session.GetChatClient("m");

        await chat.GetResponseAsync("hi", new ChatOptions().WithBudget(maxCost: 0.05m), Token);
        sent!.MaxOutputTokens.Should().Be(3);
        sent.AdditionalProperties.Should().BeNullOrEmpty();
        await chat.GetResponseAsync("hi", new ChatOptions().WithBudget(maxTokens: 20), Token);
        sent!.MaxOutputTokens.Should().Be(8);

        var refusal = await chat.Awaiting(it => it.GetResponseAsync("hi", new ChatOptions().WithBudget(maxCost: 0.01m), Token))
            .Should()
            .ThrowAsync<BudgetExceededException>();
        refusal.Which.Limit.Should().Be("MaxCostPerCall");
        (await test.Session.Budget.GetStatusAsync(Token)).Held.Should().Be(Amount());
    }

    [Fact]
    public async Task ClientOfTheCaller_IsLimitedAsWell()
    {
        ChatOptions? sent = null;
        await using var test = await OpenAsync(new() { MaxCost = 0.1m, MaxCalls = 1 });
        var chat = test.Session.Track(Recording(options => sent = options), "scripted/m");

        await chat.GetResponseAsync("hi", cancellationToken: Token);

        sent!.MaxOutputTokens.Should().Be(8);
        await chat.Awaiting(it => it.GetResponseAsync("hi", s_short, Token)).Should().ThrowAsync<BudgetExceededException>();
    }

    [Fact]
    public async Task SessionWithoutLimits_KeepsCount_SoThatALaterLimitKnows()
    {
        await using var test = await OpenAsync(null);
        var chat = test.Session.GetChatClient("m");
        await chat.GetResponseAsync("hi", s_short, Token);
        await test.Session.Track(ScriptedChatClient.Answering("yes"), "scripted/m").GetResponseAsync("hi", s_short, Token);
        await test.Session.Responses.TrackAsync(
            "own",
            new()
            {
                Provider = "scripted",
                RequestedModel = "m",
                Usage = new() { Input = 1, Output = 1 },
            },
            Token
        );

        (await test.Session.Budget.GetStatusAsync(Token)).Settled.Should().Be(Amount(0.111m, 30, 3));
        await test.Session.Budget.ChangeAsync(new() { MaxCalls = 3 }, Token);

        await chat.Awaiting(it => it.GetResponseAsync("hi", s_short, Token)).Should().ThrowAsync<BudgetExceededException>();
    }

    [Fact]
    public async Task HoldOfADeadProcess_StaysCharged_UntilItIsResolved()
    {
        await using var test = await OpenAsync(new() { MaxCost = 0.1m });
        var hold = await AbandonAsync(test, Amount(0.09m, 10, 1));
        var chat = test.Session.GetChatClient("m");

        var refusal = await chat.Awaiting(it => it.GetResponseAsync("hi", s_short, Token)).Should().ThrowAsync<BudgetExceededException>();
        refusal.Which.Message.Should().Contain("processes that have ended").And.Contain("ReleaseAsync");
        var status = await test.Session.Budget.GetStatusAsync(Token);
        status.Holds.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Hold = hold, IsAbandoned = true });
        status.CostLeft.Should().Be(0.01m);
        await test.Session.Budget.ReleaseAsync(hold.Id, Token);

        await chat.GetResponseAsync("hi", s_short, Token);
        (await test.Session.Budget.GetStatusAsync(Token)).Settled.Should().Be(Amount(0.05m, 14, 1));
    }

    [Fact]
    public async Task HoldThatIsCharged_CountsAsSpent_AndCannotBeResolvedAgain()
    {
        await using var test = await OpenAsync(new() { MaxCost = 0.1m });
        var hold = await AbandonAsync(test, Amount(0.09m, 10, 1));

        await test.Session.Budget.ChargeAsync(hold.Id, Token);

        var status = await test.Session.Budget.GetStatusAsync(Token);
        status.Settled.Should().Be(hold.Amount);
        status.Holds.Should().BeEmpty();
        await test
            .Session.Budget.Awaiting(it => it.ReleaseAsync(hold.Id, Token))
            .Should()
            .ThrowAsync<ConflictException>()
            .Where(conflict => conflict.Guard == "budget.hold");
    }

    [Fact]
    public async Task ResumedSession_KeepsItsBudget_AndOptionsChangeIt()
    {
        await using var test = await OpenAsync(new() { MaxCalls = 3, WarnAt = 0.5m });
        var id = test.Session.Id;

        await using (var resumed = await test.Store.OpenAsync(new() { SessionId = id, Budget = new() }, Token))
            resumed.Budget.Limits.Should().Be(new Budget { MaxCalls = 3, WarnAt = 0.5m }, "the store's options say so, too");
        await using (
            var changed = await test.Store.OpenAsync(
                new()
                {
                    SessionId = id,
                    Budget = new() { MaxCalls = 9 },
                },
                Token
            )
        )
            changed.Info.Budget.Should().Be(new Budget { MaxCalls = 9, WarnAt = 0.5m });
        await using var other = new SessionStore(test.Storage);
        await using var plain = await other.OpenAsync(new() { SessionId = id }, Token);

        plain.Budget.Limits.Should().Be(new Budget { MaxCalls = 9, WarnAt = 0.5m });
    }

    [Fact]
    public async Task OptionsThatSayNothingOfALimit_LeaveIt()
    {
        await using var test = await OpenAsync(new() { MaxCost = 1m, MaxCalls = 3 });
        await using var other = new SessionStore(test.Storage);

        await using var resumed = await other.OpenAsync(
            new()
            {
                SessionId = test.Session.Id,
                Budget = new() { AllowUnpriced = true },
            },
            Token
        );

        resumed
            .Budget.Limits.Should()
            .Be(
                new Budget
                {
                    MaxCost = 1m,
                    MaxCalls = 3,
                    AllowUnpriced = true,
                }
            );
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(null, 0.0)]
    [InlineData(null, 1.5)]
    public async Task LimitOutOfItsBounds_IsRefused(int? calls, double? warnAt)
    {
        var budget = new Budget { MaxCalls = calls, WarnAt = (decimal?)warnAt };
        await using var test = await OpenAsync(null);

        await test.Session.Budget.Awaiting(it => it.ChangeAsync(budget, Token)).Should().ThrowAsync<ArgumentException>();
        FluentActions.Invoking(() => new SessionStore(test.Storage, new() { Budget = budget })).Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task Summary_ShowsTheBudget()
    {
        await using var test = await OpenAsync(new() { MaxCost = 1m });
        await test.Session.GetChatClient("m").GetResponseAsync("hi", s_short, Token);

        var summary = await test.Session.GetSummaryAsync(Token);

        summary.Budget.Settled.Should().Be(Amount(0.05m, 14, 1));
        summary.ToString().Should().Contain("Budget      1.00 USD: 0.05 USD, 14 tokens, 1 call settled, 0.00 USD, 0 tokens, 0 calls held");
    }

    private static BudgetAmount Amount(decimal cost = 0, long tokens = 0, long calls = 0) =>
        new()
        {
            Cost = cost,
            Tokens = tokens,
            Calls = calls,
        };

    private static Task<TestSession> OpenAsync(Budget? budget, IChatClient? vendor = null) =>
        TestSession.OpenAsync(options =>
        {
            options.Budget = budget;
            options.Models = new([s_model]);
            if (vendor is not null)
                options.Providers["scripted"].Implementation = new ScriptedProvider(_ => vendor);
        });

    private static ScriptedChatClient Recording(Action<ChatOptions?> sent) =>
        new(
            (_, options, token) =>
            {
                sent(options);
                return ScriptedChatClient.UpdatesAsync(["Hello"], null, token);
            }
        );

    private static ScriptedChatClient Using(UsageDetails usage) =>
        new((_, _, token) => ScriptedChatClient.UpdatesAsync(["Hello"], usage, token));

    private static async Task<BudgetHold> AbandonAsync(TestSession test, BudgetAmount amount)
    {
        var hold = new BudgetHold
        {
            Id = Guid.CreateVersion7().ToString("N"),
            Amount = amount,
            TakenAt = test.Time.GetUtcNow(),
            // No process has this id: they end below 2^22 on Linux, and are multiples of 4 on Windows.
            Owner = $"{ProcessOwner.Current.Split('/')[0]}/2147483645/1",
        };
        await test.Storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = test.Session.Id,
                At = test.Time.GetUtcNow(),
                Holds = [hold],
            },
            Token
        );
        return hold;
    }
}
