using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier.Benchmarks.Chat;

/// <summary>
/// Answers at once, whole or as a stream, with what vendors' clients send: ids, model, time, finish reason and usage. Whole answers have
/// 1,536 characters; a stream has as many updates as it was made with, a word each.
/// </summary>
internal sealed class InstantClient(int updates = 0) : IChatClient
{
    private static readonly string Answer = string.Concat(Enumerable.Repeat("The answer goes on for a while. ", 48));
    private static readonly string[] Words = ["The ", "answer ", "goes ", "on ", "for ", "a ", "while. "];
    private static readonly string Question = string.Concat(Enumerable.Repeat("What about this, then? ", 22));

    /// <summary>About 512 characters that no other round or call has.</summary>
    public static ChatMessage Ask(int round, int call) => new(ChatRole.User, $"{round}.{call} {Question}");

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            new ChatResponse(new ChatMessage(ChatRole.Assistant, Answer))
            {
                ModelId = "instant",
                FinishReason = ChatFinishReason.Stop,
                Usage = Usage(),
            }
        );

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await Task.CompletedTask;
        var at = DateTimeOffset.UnixEpoch;
        for (var i = 0; i < updates - 1; i++)
            yield return Update(new(ChatRole.Assistant, Words[i % Words.Length]), at);
        yield return Update(new(ChatRole.Assistant, [new UsageContent(Usage())]) { FinishReason = ChatFinishReason.Stop }, at);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }

    private static ChatResponseUpdate Update(ChatResponseUpdate update, DateTimeOffset at)
    {
        (update.MessageId, update.ResponseId, update.ModelId, update.CreatedAt) = ("message-1", "response-1", "instant", at);
        return update;
    }

    private static UsageDetails Usage() =>
        new()
        {
            InputTokenCount = 128,
            OutputTokenCount = 384,
            TotalTokenCount = 512,
        };
}
