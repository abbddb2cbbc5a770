using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier.Samples.Fork;

/// <summary>Stands for a model: it writes as much as it is told to, and costs money.</summary>
internal sealed class WritingProvider : IModelProvider
{
    public static readonly ModelDescriptor Model = new()
    {
        Provider = "tiny",
        Id = "writer-1",
        Price = new()
        {
            Input = 2m,
            Output = 10m,
            Source = new("our contract"),
        },
    };

    private static readonly string[] Lines =
    [
        "The crane lifts forty tonnes again.",
        "Two cables were replaced.",
        "The inspector was content.",
    ];

    public IChatClient CreateChatClient(string model, ProviderConnection connection) => new Client();

    public ProviderFailure? Classify(Exception exception) => null;

    private sealed class Client : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            var sent = messages.ToList();
            var count =
                sent[^1].Text.Contains("one line", StringComparison.Ordinal) ? 1
                : sent[^1].Text.Contains("two lines", StringComparison.Ordinal) ? 2
                : Lines.Length;
            return Task.FromResult(
                new ChatResponse(new ChatMessage(ChatRole.Assistant, string.Join('\n', Lines.Take(count))))
                {
                    ModelId = Model.Id,
                    Usage = new() { InputTokenCount = 1000 * sent.Count, OutputTokenCount = 100 * count },
                }
            );
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
                yield return update;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
