using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Money;

/// <summary>What becomes of a hold when the store cannot take its settlement.</summary>
public sealed class UnsettledHoldTests
{
    private static readonly ChatOptions s_short = new() { MaxOutputTokens = 4 };
    private static readonly BudgetAmount s_call = new() { Tokens = 14, Calls = 1 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OutcomeThatCouldNotBeRecorded_IsSettledWithTheNextCall()
    {
        var storage = new FailingStorage();
        await using var test = await OpenAsync(storage);
        var chat = test.Session.GetChatClient("scripted/m");
        storage.FailAfter(1);
        await chat.Awaiting(it => it.GetResponseAsync("hi", s_short, Token)).Should().ThrowAsync<ResponseNotRecordedException>();
        storage.FailAfter(int.MaxValue);

        await chat.GetResponseAsync("hi", s_short, Token);

        (await test.Session.Budget.GetStatusAsync(Token))
            .Should()
            .BeEquivalentTo(new { Settled = s_call + s_call, Held = new BudgetAmount() });
    }

    [Fact]
    public async Task OutcomeThatCouldNotBeRecorded_IsSettledWhenTheSessionCloses()
    {
        var storage = new FailingStorage();
        await using var test = await OpenAsync(storage);
        storage.FailAfter(1);
        await test
            .Session.GetChatClient("scripted/m")
            .Awaiting(it => it.GetResponseAsync("hi", s_short, Token))
            .Should()
            .ThrowAsync<ResponseNotRecordedException>();
        storage.FailAfter(int.MaxValue);

        await test.Session.DisposeAsync();

        (await storage.GetBudgetAsync(test.Session.Id, Token))!.Settled.Should().Be(s_call);
        test.Log.GetSnapshot().Should().NotContain(entry => entry.Id.Id == 43);
    }

    [Fact]
    public async Task OutcomeThatCannotBeRecordedEvenWhenTheSessionCloses_IsLogged_AndStaysHeld()
    {
        var storage = new FailingStorage();
        await using var test = await OpenAsync(storage);
        storage.FailAfter(1);
        await test
            .Session.GetChatClient("scripted/m")
            .Awaiting(it => it.GetResponseAsync("hi", s_short, Token))
            .Should()
            .ThrowAsync<ResponseNotRecordedException>();

        await test.Session.DisposeAsync();

        var hold = (await storage.GetBudgetAsync(test.Session.Id, Token))!.Holds.Should().ContainSingle().Subject;
        var left = test.Log.GetSnapshot().Should().ContainSingle(entry => entry.Id.Id == 43).Subject;
        left.Message.Should().Contain($"the hold {hold.Id} unsettled").And.Contain("14 tokens").And.Contain("ReleaseAsync");
    }

    [Fact]
    public async Task StoreThatThrowsWhatItShouldNot_DoesNotKeepTheSessionFromClosing()
    {
        var storage = new FailingStorage();
        await using var test = await OpenAsync(storage);
        storage.FailAfter(1, new InvalidOperationException("A storage of the user's own."));
        await test
            .Session.GetChatClient("scripted/m")
            .Awaiting(it => it.GetResponseAsync("hi", s_short, Token))
            .Should()
            .ThrowAsync<ResponseNotRecordedException>();

        await test.Session.DisposeAsync();

        test.Log.GetSnapshot().Should().ContainSingle(entry => entry.Id.Id == 43);
    }

    [Fact]
    public async Task SettlementThatTheStoreRefuses_DoesNotHideTheFailureOfTheCall()
    {
        var storage = new FailingStorage();
        var vendor = ScriptedChatClient.Failing(Failures.ServerError);
        await using var test = await OpenAsync(storage, vendor);
        storage.FailAfter(1, new ConflictException("session.trashed", "false", "true", "The session is in the trash."));

        var act = () => test.Session.GetChatClient("scripted/m").GetResponseAsync("hi", s_short, Token);

        await act.Should().ThrowAsync<ProviderException>();
        test.Log.GetSnapshot().Should().ContainSingle(entry => entry.Id.Id == 41);
    }

    private static Task<TestSession> OpenAsync(FailingStorage storage, IChatClient? vendor = null) =>
        TestSession.OpenAsync(
            options =>
            {
                options.Budget = new() { MaxTokens = 1_000 };
                if (vendor is not null)
                    options.Providers["scripted"].Implementation = new ScriptedProvider(_ => vendor);
            },
            storage
        );
}
