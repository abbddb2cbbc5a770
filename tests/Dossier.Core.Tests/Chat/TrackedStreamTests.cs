using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

public sealed class TrackedStreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UpdatesThatTheReaderChanges_AreKeptAsTheyCame()
    {
        await using var test = await TestSession.OpenAsync();
        using var chat = test.Session.Track(ScriptedChatClient.Answering("one ", "two ", "three"), "scripted/script-1");

        await foreach (var update in chat.GetStreamingResponseAsync("count", cancellationToken: Token))
        {
            update.Role = ChatRole.System;
            update.Contents = [new TextContent("changed")];
        }

        var kept = await KeptAsync(test);
        kept.Role.Should().Be(ChatRole.Assistant);
        kept.Text.Should().Be("one two three");
    }

    [Fact]
    public async Task StreamThatIsReadTwice_IsTwoCalls()
    {
        await using var test = await TestSession.OpenAsync();
        var vendor = ScriptedChatClient.Answering("hello");
        var stream = test.Session.Track(vendor, "scripted/script-1").GetStreamingResponseAsync("hi", cancellationToken: Token);

        await stream.ToListAsync(Token);
        await stream.ToListAsync(Token);

        vendor.Requests.Should().HaveCount(2);
        (await test.Session.Responses.ListAsync(cancellationToken: Token).CountAsync(Token)).Should().Be(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EitherToken_CancelsTheCall(bool callers)
    {
        await using var test = await TestSession.OpenAsync();
        using var caller = new CancellationTokenSource();
        using var reader = new CancellationTokenSource();
        // One update, and then nothing until it is cancelled.
        var moves = 0;
        var vendor = new ScriptedChatClient(
            (_, _, token) =>
                new Updates(() => moves++ == 0 ? new(true) : new(Task.Delay(Timeout.Infinite, token).ContinueWith(_ => false, token)))
        );
        var stream = test.Session.Track(vendor, "scripted/script-1").GetStreamingResponseAsync("hi", cancellationToken: caller.Token);
        await using var updates = stream.GetAsyncEnumerator(reader.Token);
        await updates.MoveNextAsync();
        var pending = updates.MoveNextAsync();

        await (callers ? caller : reader).CancelAsync();
        var act = async () => await pending;

        await act.Should().ThrowAsync<OperationCanceledException>();
        (await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token))
            .Outcome.Should()
            .Be(ResponseOutcome.Cancelled);
        (await KeptAsync(test)).Text.Should().Be("part");
    }

    [Fact]
    public async Task EnumeratorThatThrowsAtOnce_IsAFailureWithItsPartialText()
    {
        await using var test = await TestSession.OpenAsync();
        var moves = 0;
        var vendor = new ScriptedChatClient(
            (_, _, _) => new Updates(() => moves++ == 0 ? new(true) : throw new InvalidOperationException("cut"))
        );
        using var chat = test.Session.Track(vendor, "scripted/script-1");

        var act = async () => await chat.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);

        await act.Should().ThrowAsync<InvalidOperationException>().WithMessage("cut");
        (await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).Outcome.Should().Be(ResponseOutcome.Failed);
        (await KeptAsync(test)).Text.Should().Be("part");
    }

    [Fact]
    public async Task StreamThatIsDisposedWhileItsNextUpdateIsAwaited_RefusesAndGoesOn()
    {
        await using var test = await TestSession.OpenAsync();
        var next = new TaskCompletionSource<bool>();
        var vendor = new ScriptedChatClient((_, _, _) => new Updates(() => new(next.Task)));
        using var chat = test.Session.Track(vendor, "scripted/script-1");
        var updates = chat.GetStreamingResponseAsync("hi", cancellationToken: Token).GetAsyncEnumerator(Token);
        var pending = updates.MoveNextAsync();

        var act = async () => await updates.DisposeAsync();

        await act.Should().ThrowAsync<NotSupportedException>();
        next.SetResult(false);
        (await pending).Should().BeFalse();
        (await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token))
            .Outcome.Should()
            .Be(ResponseOutcome.Succeeded);
    }

    private static async Task<ChatMessage> KeptAsync(TestSession test)
    {
        var response = await test.Session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token);
        return (await test.Session.Responses.ReadMessagesAsync(response, Token)).Single();
    }

    /// <summary>A stream that is no async iterator: what its moves do is done at once, and each brings the same text.</summary>
    private sealed class Updates(Func<ValueTask<bool>> move) : IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
    {
        public ChatResponseUpdate Current => new(ChatRole.Assistant, "part");

        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => move();

        public ValueTask DisposeAsync() => default;
    }
}
