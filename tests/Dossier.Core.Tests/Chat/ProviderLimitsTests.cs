using System.Runtime.CompilerServices;
using Dossier.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Core.Tests.Chat;

public sealed class ProviderLimitsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RequestsPerMinute_CountAnyMinute()
    {
        var time = new FakeTimeProvider();
        var limits = new ProviderLimits(new(null, 2), time);

        await limits.EnterAsync(Token);
        time.Advance(TimeSpan.FromSeconds(20));
        await limits.EnterAsync(Token);
        var third = limits.EnterAsync(Token);
        var fourth = limits.EnterAsync(Token);
        time.Advance(TimeSpan.FromSeconds(39));
        third.IsCompleted.Should().BeFalse();
        time.Advance(TimeSpan.FromSeconds(1));

        (await third).Should().Be(TimeSpan.FromSeconds(40));
        fourth.IsCompleted.Should().BeFalse("the second call left 20 seconds after the first");
        time.Advance(TimeSpan.FromSeconds(20));
        (await fourth).Should().Be(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task ConcurrentCalls_WaitForOneAnother()
    {
        var limits = new ProviderLimits(new(1, null), TimeProvider.System);

        await limits.EnterAsync(Token);
        var second = limits.EnterAsync(Token);
        second.IsCompleted.Should().BeFalse();
        limits.Leave();

        await second;
    }

    [Fact]
    public async Task CancelledWait_GivesItsPlaceBack()
    {
        using var cancel = new CancellationTokenSource();
        // On this clock nothing but a place that is taken keeps a call waiting.
        var time = new SkippingTime { OnWait = _ => cancel.Cancel() };
        var limits = new ProviderLimits(new(1, 1), time);
        await limits.EnterAsync(Token);
        limits.Leave();

        var act = async () => await limits.EnterAsync(cancel.Token);

        await act.Should().ThrowAsync<OperationCanceledException>();
        time.Waits.Should().Equal([TimeSpan.FromMinutes(1)], "it had its place, and waited for the minute to pass");
        time.OnWait = null;
        var next = limits.EnterAsync(Token);
        next.IsCompleted.Should().BeTrue("the place of the one that was cancelled is free");
        (await next).Should().Be(TimeSpan.FromMinutes(2), "its minute is not");
    }

    [Fact]
    public async Task CancelledBeforeItHasAPlace_TakesNone()
    {
        using var cancel = new CancellationTokenSource();
        var limits = new ProviderLimits(new(1, null), TimeProvider.System);
        await limits.EnterAsync(Token);
        var waiting = limits.EnterAsync(cancel.Token);
        waiting.IsCompleted.Should().BeFalse();

        await cancel.CancelAsync();

        await FluentActions.Awaiting(async () => await waiting).Should().ThrowAsync<OperationCanceledException>();
        limits.Leave();
        var next = limits.EnterAsync(Token);
        next.IsCompleted.Should().BeTrue();
        await next;
        var third = limits.EnterAsync(Token);
        third.IsCompleted.Should().BeFalse("there is one place, and not two");
        limits.Leave();
        await third;
    }

    [Fact]
    public async Task TwoSessions_ShareTheLimitsOfAProvider()
    {
        var release = new TaskCompletionSource();
        var (running, most) = (0, 0);
        var client = new ScriptedChatClient((_, _, _) => CountAsync());
        async IAsyncEnumerable<ChatResponseUpdate> CountAsync()
        {
            lock (release)
                most = Math.Max(most, ++running);
            await release.Task;
            lock (release)
                running--;
            yield return new(ChatRole.Assistant, "done") { FinishReason = ChatFinishReason.Stop };
        }
        await using var test = await TestSession.OpenAsync(options =>
            options.Providers["scripted"] = new() { Implementation = new ScriptedProvider(_ => client), MaxConcurrentCalls = 2 }
        );
        await using var otherStore = new SessionStore(new Dossier.Storage.MemoryStorage(), test.Store.Services.Options, ownsStorage: true);
        await using var other = await otherStore.OpenAsync(cancellationToken: Token);

        Session[] sessions = [test.Session, other, test.Session, other, other];
        var calls = sessions.Select(s => s.GetChatClient("scripted/m").GetResponseAsync("hi", cancellationToken: Token)).ToList();
        release.SetResult();
        await Task.WhenAll(calls);

        most.Should().Be(2);
        client.Requests.Should().HaveCount(5);
    }

    [Fact]
    public async Task WaitForTheLimits_StandsInTheLedger()
    {
        var time = new SkippingTime();
        await using var test = await TestSession.OpenAsync(options =>
        {
            options.TimeProvider = time;
            options.Providers["scripted"] = new()
            {
                Implementation = new ScriptedProvider(_ => ScriptedChatClient.Answering("Hello")),
                RequestsPerMinute = 1,
            };
        });
        var chat = test.Session.GetChatClient("scripted/m");

        await chat.GetResponseAsync("hi", cancellationToken: Token);
        await chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);

        var responses = await test.Session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token);
        responses.Select(r => r.Attempts.Single().Wait).Should().Equal(TimeSpan.Zero, TimeSpan.FromMinutes(1));
        responses[1].Attempts.Single().Duration.Should().Be(TimeSpan.Zero);
        responses[1].Duration.Should().Be(TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void LimitBelowOne_IsMisuse(int limit)
    {
        var options = new ProviderOptions();

        ((Action)(() => options.MaxConcurrentCalls = limit)).Should().Throw<ArgumentOutOfRangeException>();
        ((Action)(() => options.RequestsPerMinute = limit)).Should().Throw<ArgumentOutOfRangeException>();
    }
}
