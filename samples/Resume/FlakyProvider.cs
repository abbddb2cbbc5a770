using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier.Samples.Resume;

/// <summary>Stands for a vendor whose model costs money, and is overloaded whenever it is asked about pumps.</summary>
/// <param name="pauseAt">The part for which, and for all behind it, it never answers; null for none.</param>
internal sealed class FlakyProvider(int? pauseAt) : IModelProvider
{
    public static readonly ModelDescriptor Model = new()
    {
        Provider = "flaky",
        Id = "large",
        Price = new()
        {
            Input = 2m,
            Output = 10m,
            Source = new("our contract"),
        },
    };

    public IChatClient CreateChatClient(string model, ProviderConnection connection) => new FlakyClient(pauseAt);

    // An HttpRequestException with a status is known without help.
    public ProviderFailure? Classify(Exception exception) => null;

    private sealed class FlakyClient(int? pauseAt) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            var text = messages.Last().Text;
            var part = Array.FindIndex(Minutes.Text.Split("\n\n"), paragraph => text.EndsWith(paragraph, StringComparison.Ordinal));
            if (part >= pauseAt)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            if (text.Contains("pump", StringComparison.Ordinal))
                throw new HttpRequestException("overloaded", null, HttpStatusCode.ServiceUnavailable);
            return new(new ChatMessage(ChatRole.Assistant, text[(text.IndexOf(':', StringComparison.Ordinal) + 2)..].Split(". ")[0] + "."))
            {
                ModelId = Model.Id,
                Usage = new() { InputTokenCount = text.Length / 4, OutputTokenCount = 12 },
            };
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
