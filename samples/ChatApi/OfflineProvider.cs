using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier.Samples.ChatApi;

/// <summary>
/// Stands for a model, so that the sample runs without a key: asked for a number it calls the tool, asked to count it counts to 100, and
/// otherwise it says how many questions it was asked. It speaks a word at a time.
/// </summary>
internal sealed class OfflineProvider : IModelProvider
{
    public IChatClient CreateChatClient(string model, ProviderConnection connection) => new Clerk(connection.TimeProvider);

    public ProviderFailure? Classify(Exception exception) => null;

    private sealed class Clerk(TimeProvider time) : IChatClient
    {
        private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            ChatMessage[] history = [.. messages];
            if (FindOrder(history[^1]) is { } order && options?.Tools is [AIFunction tool, ..])
            {
                var call = new FunctionCallContent(
                    $"call-{history.Length}",
                    tool.Name,
                    new Dictionary<string, object?> { ["order"] = order }
                );
                yield return new(ChatRole.Assistant, [call]) { FinishReason = ChatFinishReason.ToolCalls };
                yield break;
            }
            foreach (var word in Answer(history).Split(' '))
            {
                await Task.Delay(s_pause, time, cancellationToken);
                yield return new(ChatRole.Assistant, word + " ");
            }
            yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 10, OutputTokenCount = 10 })])
            {
                FinishReason = ChatFinishReason.Stop,
            };
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }

        private static int? FindOrder(ChatMessage message) =>
            message.Role == ChatRole.User
            && int.TryParse(message.Text.Split(' ')[^1].Trim('?', '.'), CultureInfo.InvariantCulture, out var order)
                ? order
                : null;

        private static string Answer(ChatMessage[] history) =>
            history[^1].Contents.OfType<FunctionResultContent>().LastOrDefault() is { Result: { } result } ? result.ToString()!
            : history[^1].Text.StartsWith("Count", StringComparison.Ordinal) ? string.Join(' ', Enumerable.Range(1, 100))
            : $"You have asked {history.Count(m => m.Role == ChatRole.User)} questions.";
    }
}
