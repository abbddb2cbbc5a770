namespace Dossier.Core.Tests.Steps;

public sealed class StepMapTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Results_ComeInTheOrderOfTheItems()
    {
        await using var test = await TestSession.OpenAsync();
        var last = new TaskCompletionSource();

        var results = await test
            .Session.MapAsync(
                "double",
                Enumerable.Range(0, 4),
                async (item, token) =>
                {
                    if (item == 3)
                        last.SetResult();
                    await last.Task.WaitAsync(token);
                    return item * 2;
                },
                cancellationToken: Token
            )
            .ToListAsync(cancellationToken: Token);

        results
            .Select(it => (it.Index, it.Item, it.Value, it.IsReused))
            .Should()
            .Equal((0, 0, 0, false), (1, 1, 2, false), (2, 2, 4, false), (3, 3, 6, false));
    }

    [Fact]
    public async Task RunAgain_ReusesWhatWasKept_AndRunsWhatFailed()
    {
        await using var test = await TestSession.OpenAsync();
        var isBroken = true;

        var first = await MapAsync();
        isBroken = false;
        var second = await MapAsync();

        first.Select(it => it.Success).Should().Equal(true, false, true);
        first[1].Error.Should().BeOfType<TimeoutException>();
        first[1].Invoking(it => it.Value).Should().Throw<TimeoutException>();
        second.Select(it => it.Value).Should().Equal("a!", "b!", "c!");
        second.Select(it => it.IsReused).Should().Equal(true, false, true);

        ValueTask<List<MapResult<string, string>>> MapAsync() =>
            test
                .Session.MapAsync(
                    "shout",
                    ["a", "b", "c"],
                    (item, _) => isBroken && item == "b" ? throw new TimeoutException() : Task.FromResult(item + "!"),
                    cancellationToken: Token
                )
                .ToListAsync(cancellationToken: Token);
    }

    [Fact]
    public async Task ItemsThatAreTheSame_RunOnce_AlsoWhenTheyFail()
    {
        await using var test = await TestSession.OpenAsync();
        var runs = 0;

        var results = await test
            .Session.MapAsync(
                "count",
                ["a", "bad", "a", "bad"],
                (item, _) =>
                {
                    Interlocked.Increment(ref runs);
                    return item == "bad" ? throw new TimeoutException() : Task.FromResult(item);
                },
                cancellationToken: Token
            )
            .ToListAsync(cancellationToken: Token);

        runs.Should().Be(2);
        results
            .Select(it => (it.Index, it.Success, it.IsReused))
            .Should()
            .Equal((0, true, false), (1, false, false), (2, true, true), (3, false, false));
    }

    [Fact]
    public async Task ItemThatComesAgainLater_IsReused_AndFailsNoSecondTime()
    {
        await using var test = await TestSession.OpenAsync();
        var runs = 0;
        string[] items = ["a", "bad", .. Enumerable.Range(0, 100).Select(i => $"{i}"), "a", "bad"];

        var results = await test
            .Session.MapAsync(
                "count",
                items,
                (item, _) =>
                {
                    Interlocked.Increment(ref runs);
                    return item == "bad" ? throw new TimeoutException() : Task.FromResult(item);
                },
                cancellationToken: Token
            )
            .ToListAsync(cancellationToken: Token);

        runs.Should().Be(102);
        (results[^2].Value, results[^2].IsReused).Should().Be(("a", true));
        results[^1].Error.Should().BeSameAs(results[1].Error);
    }

    [Fact]
    public async Task ResultsThatWereConsumed_AreNotHeldInMemory()
    {
        await using var test = await TestSession.OpenAsync();
        var values = new List<WeakReference>();
        var alive = -1;

        await foreach (
            var result in test.Session.MapAsync(
                "list",
                Enumerable.Range(0, 60),
                (item, _) => Task.FromResult(new[] { item }),
                cancellationToken: Token
            )
        )
        {
            Remember(result);
            if (result.Index != 59)
                continue;
            GC.Collect();
            alive = values.Take(50).Count(value => value.IsAlive);
        }

        alive.Should().BeInRange(0, 5, "what is still under way may hold one");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void Remember(MapResult<int, int[]> result) => values.Add(new(result.Value));
    }

    [Fact]
    public async Task ItemsThatAreTuples_AreEachTheirOwn()
    {
        await using var test = await TestSession.OpenAsync();

        var results = await test
            .Session.MapAsync(
                "name",
                [(1, "a"), (2, "b")],
                (item, _) => Task.FromResult((item.Item2, item.Item1)),
                cancellationToken: Token
            )
            .ToListAsync(cancellationToken: Token);

        results.Select(it => (it.Value, it.IsReused)).Should().Equal((("a", 1), false), (("b", 2), false));
    }

    [Fact]
    public async Task NoMoreItemsThanTheOptionsSay_AreWorkedOnAtATime()
    {
        await using var test = await TestSession.OpenAsync();
        var (running, most) = (0, 0);
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var results = await test
            .Session.MapAsync(
                "work",
                Enumerable.Range(0, 20),
                async (item, token) =>
                {
                    var now = Interlocked.Increment(ref running);
                    InterlockedMax(ref most, now);
                    if (now == 3)
                        full.TrySetResult();
                    await full.Task.WaitAsync(token);
                    Interlocked.Decrement(ref running);
                    return item;
                },
                new() { MaxConcurrency = 3 },
                cancellationToken: Token
            )
            .ToListAsync(cancellationToken: Token);

        results.Should().HaveCount(20).And.OnlyContain(it => it.Success);
        most.Should().Be(3);
    }

    [Fact]
    public async Task ItemsAreReadAsTheyAreNeeded_AndLeavingTheLoopCancelsTheRest()
    {
        await using var test = await TestSession.OpenAsync();
        var read = 0;
        var running = 0;

        await foreach (
            var result in test.Session.MapAsync(
                "work",
                Endless(),
                async (item, token) =>
                {
                    Interlocked.Increment(ref running);
                    try
                    {
                        await Task.Delay(item == 0 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, token);
                        return item;
                    }
                    finally
                    {
                        Interlocked.Decrement(ref running);
                    }
                },
                new() { MaxConcurrency = 2 },
                cancellationToken: Token
            )
        )
        {
            result.Item.Should().Be(0);
            break;
        }

        read.Should().BeInRange(2, 3);
        running.Should().Be(0, "what was under way has ended when the loop is left");

        IEnumerable<int> Endless()
        {
            while (true)
                yield return read++;
        }
    }

    [Fact]
    public async Task Cancellation_EndsAllOfIt()
    {
        await using var test = await TestSession.OpenAsync();
        using var cancellation = new CancellationTokenSource();

        var mapping = test.Session.MapAsync(
            "work",
            [1, 2, 3],
            async (item, token) =>
            {
                await cancellation.CancelAsync();
                token.ThrowIfCancellationRequested();
                return item;
            },
            cancellationToken: cancellation.Token
        );

        await FluentActions
            .Awaiting(async () => await mapping.ToListAsync(cancellationToken: Token))
            .Should()
            .ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task ItemThatCannotBeAnInput_IsItsOwnFailure()
    {
        await using var test = await TestSession.OpenAsync();

        var results = await test
            .Session.MapAsync("work", [1.5, double.NaN], (item, _) => Task.FromResult(item), cancellationToken: Token)
            .ToListAsync(cancellationToken: Token);

        results[0].Success.Should().BeTrue();
        results[1].Error.Should().BeOfType<ArgumentException>().Which.Message.Should().Contain("NaN");
        results[1].Key.Should().BeNull();
    }

    [Fact]
    public async Task SharedInputs_CountForEveryItem()
    {
        await using var test = await TestSession.OpenAsync();

        await MapAsync("short");
        var results = await MapAsync("long");

        results.Should().OnlyContain(it => !it.IsReused);

        ValueTask<List<MapResult<int, int>>> MapAsync(string style) =>
            test
                .Session.MapAsync("work", [1, 2], (item, _) => Task.FromResult(item), new() { Inputs = [style] }, cancellationToken: Token)
                .ToListAsync(cancellationToken: Token);
    }

    [Fact]
    public async Task ConcurrencyOutOfBounds_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();

        test.Session.Invoking(it =>
                it.MapAsync("work", [1], (item, _) => Task.FromResult(item), new() { MaxConcurrency = 0 }, cancellationToken: Token)
            )
            .Should()
            .Throw<ArgumentException>();
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
