using System.Runtime.CompilerServices;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

public sealed class TimeLimitChatClientTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AttemptThatTakesTooLong_IsATimeout(bool streaming)
    {
        await using var test = await OpenAsync(new() { AttemptTimeout = Minute }, Minute);

        var thrown = await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test, streaming));

        thrown.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.Timeout, IsTransient: true));
        thrown
            .Message.Should()
            .Be("scripted/m did not answer within 00:01:00. Try again later, or raise SessionOptions.Resilience.AttemptTimeout.");
        var response = await OnlyAsync(test);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Attempts.Single().Outcome.Should().Be(AttemptOutcome.Failed);
        response.Attempts.Single().Error!.Kind.Should().Be(ProviderErrorKind.Timeout);
    }

    [Fact]
    public async Task WholeCallThatTakesTooLong_IsATimeout()
    {
        await using var test = await OpenAsync(new() { TotalTimeout = Minute }, Minute);

        var thrown = await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test, streaming: false));

        thrown.Failure.Kind.Should().Be(ProviderErrorKind.Timeout);
        thrown.Message.Should().Contain("SessionOptions.Resilience.TotalTimeout");
        var response = await OnlyAsync(test);
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        response.Error!.Kind.Should().Be(ProviderErrorKind.Timeout);
        response.Attempts.Single().Outcome.Should().Be(AttemptOutcome.Cancelled);
    }

    [Fact]
    public async Task StreamThatDoesNotBegin_IsATimeout()
    {
        await using var test = await OpenAsync(new() { FirstTokenTimeout = Minute }, Minute);

        var thrown = await Assert.ThrowsAsync<ProviderException>(() => AskAsync(test, streaming: true));

        thrown.Message.Should().StartWith("scripted/m did not begin to answer within 00:01:00.");
    }

    [Fact]
    public async Task StreamThatHasBegun_MayTakeItsTime()
    {
        await using var test = await OpenAsync(new() { FirstTokenTimeout = Minute }, beforeFirst: Minute / 2, afterFirst: Minute * 10);

        await AskAsync(test, streaming: true);

        (await OnlyAsync(test)).Success.Should().BeTrue();
    }

    [Fact]
    public async Task CallerThatGaveUp_IsNotToldOfATimeout()
    {
        using var cancel = new CancellationTokenSource();
        await using var test = await OpenAsync(new() { AttemptTimeout = Minute }, Minute, before: cancel.Cancel);

        var act = () => test.Session.GetChatClient("scripted/m").GetResponseAsync("hi", cancellationToken: cancel.Token);

        await act.Should().ThrowAsync<OperationCanceledException>();
        (await OnlyAsync(test)).Outcome.Should().Be(ResponseOutcome.Cancelled);
    }

    private static async Task<TestSession> OpenAsync(
        ResilienceOptions resilience,
        TimeSpan beforeFirst,
        TimeSpan afterFirst = default,
        Action? before = null
    )
    {
        TestSession? test = null;
        var client = new ScriptedChatClient((_, _, token) => SlowlyAsync(token));
        async IAsyncEnumerable<ChatResponseUpdate> SlowlyAsync([EnumeratorCancellation] CancellationToken token)
        {
            await Task.Yield();
            before?.Invoke();
            yield return new(ChatRole.Assistant, "");
            test!.Time.Advance(beforeFirst);
            token.ThrowIfCancellationRequested();
            yield return new(ChatRole.Assistant, "one");
            test.Time.Advance(afterFirst);
            token.ThrowIfCancellationRequested();
            yield return new(ChatRole.Assistant, "two") { FinishReason = ChatFinishReason.Stop };
        }
        return test = await TestSession.OpenAsync(options =>
        {
            options.Resilience = resilience;
            options.Providers["scripted"] = new() { Implementation = new ScriptedProvider(_ => client) };
        });
    }

    private static async Task AskAsync(TestSession test, bool streaming)
    {
        var chat = test.Session.GetChatClient("scripted/m");
        if (streaming)
            await chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);
        else
            await chat.GetResponseAsync("hi", cancellationToken: Token);
    }

    private static async Task<TrackedResponse> OnlyAsync(TestSession test) =>
        await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
}
