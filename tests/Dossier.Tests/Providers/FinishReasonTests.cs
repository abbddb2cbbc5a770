using System.Text;
using Dossier.Tests.Sessions;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Dossier.Tests.Providers;

/// <summary>Reasons for the end of an answer that OpenAI does not have, over the wire: the answer and its usage are not lost.</summary>
public sealed class FinishReasonTests
{
    private readonly OpenAIProvider _provider = new(VendorClient.Clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What is said, as JSON; and what it is read as.</summary>
    public static TheoryData<string, string> Reasons =>
        new()
        {
            { "\"eos\"", "stop" },
            { "\"model_length\"", "length" },
            { "\"sensitive\"", "sensitive" },
            { "\"\"", "stop" },
            { "null", "stop" },
        };

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task AnswerThatEndsWithAnotherReason_IsWhole(string said, string reason)
    {
        await using var test = await OpenAsync();
        test.Server.Reply(WireReply.Json(Ending(OpenAIWire.Completion("Good day."), said)));

        var response = await test.Chat.GetResponseAsync("Hi", cancellationToken: Token);

        response.Text.Should().Be("Good day.");
        response.FinishReason!.Value.Value.Should().Be(reason);
        await ShouldBeRecordedAsync(test, reason);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task StreamThatEndsWithAnotherReason_IsWhole(string said, string reason)
    {
        await using var test = await OpenAsync();
        test.Server.Reply(
            WireReply.Stream(
                OpenAIWire.Chunk("Good "),
                OpenAIWire.Chunk("day."),
                Ending(OpenAIWire.LastChunk(), said),
                OpenAIWire.UsageChunk()
            )
        );

        var response = await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToChatResponseAsync(Token);

        response.Text.Should().Be("Good day.");
        response.FinishReason!.Value.Value.Should().Be(reason);
        response.Messages.Should().ContainSingle();
        await ShouldBeRecordedAsync(test, reason);
    }

    [Fact]
    public async Task EmptyReasonInEveryPiece_IsNoEnd()
    {
        await using var test = await OpenAsync();
        test.Server.Reply(
            WireReply.Stream(
                Ending(OpenAIWire.Chunk("Good "), "\"\""),
                Ending(OpenAIWire.Chunk("day."), "\"\""),
                OpenAIWire.LastChunk("length")
            )
        );

        var response = await test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token).ToChatResponseAsync(Token);

        response.Text.Should().Be("Good day.");
        response.FinishReason.Should().Be(ChatFinishReason.Length);
    }

    [Fact]
    public async Task UnknownReason_IsWarnedOfOnce()
    {
        await using var test = await OpenAsync();
        var reply = WireReply.Json(OpenAIWire.Completion(finishReason: "sensitive"));
        test.Server.Reply(reply, reply, WireReply.Json(OpenAIWire.Completion(finishReason: "eos")));

        for (var i = 0; i < 3; i++)
            await test.Chat.GetResponseAsync("Hi", cancellationToken: Token);

        test.Log.GetSnapshot()
            .Where(record => record.Level >= LogLevel.Warning && record.Id.Name == "FinishReasonUnknown")
            .Should()
            .ContainSingle()
            .Which.Message.Should()
            .Contain("'sensitive'");
    }

    [Theory]
    [InlineData("insufficient_system_resource", ProviderErrorKind.Overloaded)]
    [InlineData("error", ProviderErrorKind.StreamInterrupted)]
    public async Task AnswerThatSaysItFailed_IsAFailureWithItsUsage(string reason, ProviderErrorKind kind)
    {
        await using var test = await OpenAsync();
        test.Server.Reply(WireReply.Json(OpenAIWire.Completion("Good", finishReason: reason)));

        var exception = await Assert.ThrowsAsync<ProviderException>(() => test.Chat.GetResponseAsync("Hi", cancellationToken: Token));

        (exception.Failure.Kind, exception.IsTransient).Should().Be((kind, true));
        exception.Message.Should().Contain($"'{reason}'");
        await ShouldHaveFailedAsync(test, kind);
    }

    [Theory]
    [InlineData("insufficient_system_resource", ProviderErrorKind.Overloaded)]
    [InlineData("error", ProviderErrorKind.StreamInterrupted)]
    public async Task StreamThatSaysItFailed_IsAFailureWithItsUsage(string reason, ProviderErrorKind kind)
    {
        await using var test = await OpenAsync();
        test.Server.Reply(WireReply.Stream(OpenAIWire.Chunk("Good"), OpenAIWire.LastChunk(reason), OpenAIWire.UsageChunk()));
        var updates = new List<ChatResponseUpdate>();

        var exception = await Assert.ThrowsAsync<ProviderException>(async () =>
        {
            await foreach (var update in test.Chat.GetStreamingResponseAsync("Hi", cancellationToken: Token))
                updates.Add(update);
        });

        exception.Failure.Kind.Should().Be(kind);
        string.Concat(updates).Should().Be("Good");
        updates.Should().OnlyContain(update => update.FinishReason == null);
        await ShouldHaveFailedAsync(test, kind);
    }

    [Fact]
    public async Task StreamOfWhichNothingEnds_IsCut()
    {
        var stream = WireReply.Text($"data: {OpenAIWire.Chunk("Good")}\n\n", "text/event-stream");

        var (exception, texts) = await VendorClient.FailStreamAsync(_provider, "together", stream);

        exception.Failure.Kind.Should().Be(ProviderErrorKind.StreamInterrupted);
        texts.Should().Equal("Good");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Lines_AreTheSameHoweverTheyArrive(int size)
    {
        var events =
            ": ping\r\n\r\n"
            + $"data: {OpenAIWire.Chunk("Good")}\r\n\r\n"
            + $"data:{OpenAIWire.LastChunk("eos")}\n\n"
            + "data: not JSON\n\n"
            + "data: [DONE]";
        await using var lines = new FinishReasonLines(new InPieces(Encoding.UTF8.GetBytes(events), size));
        using var reader = new StreamReader(lines);

        (await reader.ReadToEndAsync(Token))
            .Should()
            .Be(events.Replace($"data:{OpenAIWire.LastChunk("eos")}", $"data:{OpenAIWire.LastChunk("stop")}", StringComparison.Ordinal));
    }

    private static Task<WireSession> OpenAsync() =>
        WireSession.OpenAsync(vendor: WireVendor.OpenAI, configure: options => options.Budget = new() { MaxTokens = 100_000 });

    private static string Ending(string json, string said) =>
        json.Replace("\"finish_reason\":\"stop\"", $"\"finish_reason\":{said}", StringComparison.Ordinal)
            .Replace("\"finish_reason\":null", $"\"finish_reason\":{said}", StringComparison.Ordinal);

    private static async Task ShouldBeRecordedAsync(WireSession test, string reason)
    {
        var response = await test.OnlyResponseAsync();
        (response.Outcome, response.FinishReason).Should().Be((ResponseOutcome.Succeeded, reason));
        response.Usage.Should().Be(WireVendor.OpenAI.Usage);
        response.ServedModel.Should().Be("gpt-test-2026-01-01");
        await ShouldBeSettledAsync(test);
    }

    private static async Task ShouldHaveFailedAsync(WireSession test, ProviderErrorKind kind)
    {
        var response = await test.OnlyResponseAsync();
        response.Outcome.Should().Be(ResponseOutcome.Failed);
        var attempt = response.Attempts.Single();
        (attempt.Outcome, attempt.Error!.Kind).Should().Be((AttemptOutcome.Failed, kind));
        attempt.Usage.Should().Be(WireVendor.OpenAI.Usage);
        await ShouldBeSettledAsync(test);
    }

    private static async Task ShouldBeSettledAsync(WireSession test)
    {
        var status = await test.Session.Budget.GetStatusAsync(Token);
        (status.Settled.Tokens, status.Held.Tokens).Should().Be((130, 0));
    }

    /// <summary>A stream that gives a few bytes at a time.</summary>
    private sealed class InPieces(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
