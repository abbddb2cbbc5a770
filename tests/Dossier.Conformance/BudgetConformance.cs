using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>The ledger: what is settled and held stays within the limits of the session's record, exactly, whatever happens.</summary>
public abstract class BudgetConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Fact]
    public async Task NewSession_HasSpentNothing()
    {
        await CreateAsync(new() { MaxCost = 1m });

        var ledger = await ReadAsync();

        ledger.Should().BeEquivalentTo(NewLedger(new() { MaxCost = 1m }, Amount(), Amount()));
        (await Records.GetBudgetAsync("nobody")).Should().BeNull();
    }

    [Fact]
    public async Task Hold_IsReadBackAsItWasTaken()
    {
        await CreateAsync(new() { MaxCost = 1m, WhenExhausted = BudgetExhaustion.Wait });
        var hold = NewHold(Amount(0.0000000375m, 12, 1)) with { ResponseId = NewId(), Model = "openai/gpt-5" };

        await TakeAsync(hold);

        var ledger = await ReadAsync();
        ledger.Holds.Should().Equal(hold);
        ledger.Held.Should().Be(hold.Amount);
        ledger.Settled.Should().Be(Amount());
        ledger.Limits.Should().Be(new Budget { MaxCost = 1m, WhenExhausted = BudgetExhaustion.Wait });
    }

    [Fact]
    public async Task HoldThatFitsExactly_IsTaken_AndTheSmallestMoreIsNot()
    {
        await CreateAsync(new() { MaxCost = 0.3m });
        await TakeAsync(NewHold(Amount(0.1m)));
        await TakeAsync(NewHold(Amount(0.2m)));

        var more = await Refused(TakeAsync(NewHold(Amount(0.0000000000001m))));

        more.Guard.Should().Be("budget");
        more.Expected.Should().Be("0.3");
        more.Actual.Should().Be("0.3000000000001");
        (await ReadAsync()).Held.Should().Be(Amount(0.3m));
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(0, 3)]
    public async Task TokensAndCalls_AreLimitedAsMoneyIs(int tokens, int calls)
    {
        await CreateAsync(new() { MaxTokens = 5, MaxCalls = 5 });
        await TakeAsync(NewHold(Amount(0m, tokens, calls)));

        (await Refused(TakeAsync(NewHold(Amount(0m, tokens, calls))))).Guard.Should().Be("budget");
    }

    [Fact]
    public async Task WhatIsSettled_CountsTowardsTheLimit()
    {
        await CreateAsync(new() { MaxCost = 1m });
        await SettleAsync(null, Amount(0.75m));

        await Refused(TakeAsync(NewHold(Amount(0.3m))));
        await TakeAsync(NewHold(Amount(0.25m)));

        (await ReadAsync()).Settled.Should().Be(Amount(0.75m));
    }

    [Fact]
    public async Task LimitOfAKindThatTheHoldDoesNotTake_IsNotLookedAt()
    {
        await CreateAsync(new() { MaxCost = 1m, MaxTokens = 100 });
        await SettleAsync(null, Amount(2m, 10));

        await TakeAsync(NewHold(Amount(0m, 10)));

        (await ReadAsync()).Held.Should().Be(Amount(0m, 10));
    }

    [Fact]
    public async Task Settlement_ReplacesWhatWasHeld()
    {
        await CreateAsync(new() { MaxCost = 1m });
        var hold = NewHold(Amount(0.9m, 100, 1));
        await TakeAsync(hold);

        await SettleAsync(hold.Id, Amount(0.12345678901234m, 33, 1));

        (await ReadAsync()).Should().BeEquivalentTo(NewLedger(new() { MaxCost = 1m }, Amount(0.12345678901234m, 33, 1), Amount()));
    }

    [Fact]
    public async Task HoldThatIsSettledAgain_IsCountedOnce()
    {
        await CreateAsync(null);
        var hold = NewHold(Amount(0.9m));
        await TakeAsync(hold);

        await SettleAsync(hold.Id, Amount(0.5m));
        await SettleAsync(hold.Id, Amount(0.5m));

        (await ReadAsync()).Settled.Should().Be(Amount(0.5m));
    }

    [Fact]
    public async Task SettlementAboveTheLimit_IsRecordedInFull()
    {
        await CreateAsync(new() { MaxCost = 1m });
        var hold = NewHold(Amount(1m));
        await TakeAsync(hold);

        await SettleAsync(hold.Id, Amount(1.5m));

        (await ReadAsync()).Settled.Should().Be(Amount(1.5m));
        await Refused(TakeAsync(NewHold(Amount(0.01m))));
    }

    [Fact]
    public async Task SettlementWithoutLimits_IsCountedAsWell()
    {
        await CreateAsync(null);

        await SettleAsync(null, Amount(0.25m, 10, 1));

        (await ReadAsync()).Settled.Should().Be(Amount(0.25m, 10, 1));
    }

    [Fact]
    public async Task SettlementAndHoldOfOneCommit_SettleFirst()
    {
        await CreateAsync(new() { MaxCost = 1m });
        var first = NewHold(Amount(1m));
        var second = NewHold(Amount(0.8m));
        await TakeAsync(first);

        await Records.CommitAsync(
            NewCommit() with
            {
                Settlements = [new() { HoldId = first.Id, Amount = Amount(0.2m) }],
                Holds = [second],
            }
        );

        (await ReadAsync()).Should().BeEquivalentTo(NewLedger(new() { MaxCost = 1m }, Amount(0.2m), Amount(0.8m), second));
    }

    [Fact]
    public async Task HoldsOfOneCommit_AreTakenTogetherOrNotAtAll()
    {
        await CreateAsync(new() { MaxCost = 1m });

        var taking = CommitAsync(
            NewCommit() with
            {
                Holds = [NewHold(Amount(0.6m)), NewHold(Amount(0.6m))],
                Responses = [NewResponse("k")],
            }
        );

        await Refused(taking);
        (await ReadAsync()).Should().BeEquivalentTo(NewLedger(new() { MaxCost = 1m }, Amount(), Amount()));
        (await Records.FindResponseAsync(SessionId, "k")).Should().BeNull("a refused commit writes nothing");
    }

    [Fact]
    public async Task RepeatedCommit_ChangesNothing()
    {
        await CreateAsync(new() { MaxCost = 1m });
        var hold = NewHold(Amount(0.6m));
        var taking = NewCommit() with { Holds = [hold], Responses = [NewResponse()] };
        var settling = NewCommit() with { Settlements = [new() { HoldId = hold.Id, Amount = Amount(0.5m) }] };
        var taken = await Records.CommitAsync(taking);

        (await Records.CommitAsync(taking)).Should().BeEquivalentTo(taken);
        (await ReadAsync()).Held.Should().Be(Amount(0.6m));
        await Records.CommitAsync(settling);
        await Records.CommitAsync(settling);
        await Records.CommitAsync(taking);

        (await ReadAsync()).Should().BeEquivalentTo(NewLedger(new() { MaxCost = 1m }, Amount(0.5m), Amount()));
    }

    [Fact]
    public async Task HoldWithAnIdThatIsTaken_IsRefused()
    {
        await CreateAsync(null);
        var hold = NewHold(Amount(0.1m));
        await TakeAsync(hold);

        (await Refused(TakeAsync(hold))).Guard.Should().Be("budget.hold");
        (await ReadAsync()).Held.Should().Be(Amount(0.1m));
    }

    [Fact]
    public async Task ResolvedHold_StaysWithWhatWasCharged_UntilItsCallSaysWhatItTook()
    {
        await CreateAsync(new() { MaxCost = 1m });
        var hold = NewHold(Amount(0.8m, 100, 1));
        await TakeAsync(hold);

        await ResolveAsync(hold.Id, Amount(0.8m, 100, 1));
        (await ReadAsync())
            .Should()
            .BeEquivalentTo(
                NewLedger(new() { MaxCost = 1m }, Amount(0.8m, 100, 1), Amount(), hold with { Charged = Amount(0.8m, 100, 1) })
            );
        await SettleAsync(hold.Id, Amount(0.3m, 40, 1));

        (await ReadAsync()).Should().BeEquivalentTo(NewLedger(new() { MaxCost = 1m }, Amount(0.3m, 40, 1), Amount()));
    }

    [Fact]
    public async Task HoldThatIsNotOpen_CannotBeResolved()
    {
        await CreateAsync(null);
        var hold = NewHold(Amount(0.8m));
        await TakeAsync(hold);
        await ResolveAsync(hold.Id, Amount());

        (await Refused(ResolveAsync(hold.Id, Amount()))).Guard.Should().Be("budget.hold");
        (await Refused(ResolveAsync(NewId(), Amount()))).Guard.Should().Be("budget.hold");
    }

    [Fact]
    public async Task LimitsOfTheRecord_AreThoseOfTheLastCommit()
    {
        await CreateAsync(new() { MaxCost = 1m });
        await Refused(TakeAsync(NewHold(Amount(2m))));

        await Records.CommitAsync(NewCommit() with { Session = NewInfo(new() { MaxCost = 2m }), Holds = [NewHold(Amount(2m))] });

        (await ReadAsync()).Limits.Should().Be(new Budget { MaxCost = 2m });
        (await Records.GetSessionAsync(SessionId))!.Budget.Should().Be(new Budget { MaxCost = 2m });
    }

    [Fact]
    public async Task Sessions_HaveLedgersOfTheirOwn()
    {
        await CreateAsync(new() { MaxCost = 1m });
        await CreateSessionAsync("s-2", NewInfo(new() { MaxCost = 1m }));
        var hold = NewHold(Amount(1m));
        await TakeAsync(hold);

        await Records.CommitAsync(NewCommit("s-2") with { Holds = [hold] });

        (await Records.GetBudgetAsync("s-2"))!.Held.Should().Be(Amount(1m));
    }

    [Fact]
    public async Task ConcurrentHolds_NeverExceedTheLimit_AndAllThatFitAreTaken()
    {
        await CreateAsync(new() { MaxCost = 1m, MaxCalls = 1_000 });
        var holds = Enumerable.Range(0, 64).Select(_ => NewHold(Amount(0.03m, 1, 1))).ToList();

        var taken = await Task.WhenAll(
            holds.Select(hold =>
                Task.Run(async () =>
                {
                    try
                    {
                        await TakeAsync(hold);
                        return true;
                    }
                    catch (ConflictException)
                    {
                        return false;
                    }
                })
            )
        );

        taken.Count(it => it).Should().Be(33);
        (await ReadAsync()).Held.Should().Be(Amount(0.99m, 33, 33));
    }

    private static BudgetAmount Amount(decimal cost = 0, long tokens = 0, long calls = 0) =>
        new()
        {
            Cost = cost,
            Tokens = tokens,
            Calls = calls,
        };

    private static BudgetLedger NewLedger(Budget? limits, BudgetAmount settled, BudgetAmount held, params BudgetHold[] holds) =>
        new()
        {
            Limits = limits,
            Settled = settled,
            Held = held,
            Holds = holds,
        };

    private static async Task<ConflictException> Refused(Task<CommitResult> commit) =>
        (await FluentActions.Awaiting(() => commit).Should().ThrowAsync<ConflictException>()).Which;

    private static SessionInfo NewInfo(Budget? budget) =>
        new()
        {
            Id = SessionId,
            CreatedAt = Time,
            Budget = budget,
        };

    private BudgetHold NewHold(BudgetAmount amount) =>
        new()
        {
            Id = NewId(),
            Amount = amount,
            TakenAt = Time,
            Owner = "here/1/2",
        };

    private Task<CommitResult> CreateAsync(Budget? budget) => CreateSessionAsync(info: NewInfo(budget));

    private Task<CommitResult> TakeAsync(BudgetHold hold) => CommitAsync(NewCommit() with { Holds = [hold] });

    private Task<CommitResult> SettleAsync(string? hold, BudgetAmount amount) =>
        CommitAsync(NewCommit() with { Settlements = [new() { HoldId = hold, Amount = amount }] });

    private Task<CommitResult> ResolveAsync(string hold, BudgetAmount amount) =>
        CommitAsync(
            NewCommit() with
            {
                Settlements =
                [
                    new()
                    {
                        HoldId = hold,
                        Amount = amount,
                        IsResolution = true,
                    },
                ],
            }
        );

    /// <summary>A store may throw at once or in its task.</summary>
    private async Task<CommitResult> CommitAsync(SessionCommit commit) => await Records.CommitAsync(commit);

    private async Task<BudgetLedger> ReadAsync() => (await Records.GetBudgetAsync(SessionId))!;
}
