using System.Runtime.CompilerServices;
using Dossier.Benchmarks.Storage;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Benchmarks.Conversations;

/// <summary>Turns of a question of 512 bytes and an answer of 1,536, which no other turn has, with a model whose price is known.</summary>
internal static class Turns
{
    public const int QuestionBytes = 512;
    public const int AnswerBytes = 1536;
    private const string Model = "openai/gpt-4o-mini";

    /// <summary>Opens a session in a store and its conversation.</summary>
    public static async Task<(Session Session, IChatClient Chat)> OpenAsync(IStorage storage)
    {
        var session = await new SessionStore(storage).OpenAsync();
        if (session.Models.Get("openai", "gpt-4o-mini")?.Price is null)
            throw new InvalidOperationException($"The price of {Model} is not known any more; take another model.");
        return (session, session.Conversation().AsChatClient(session.Track(new AnsweringClient(), Model)));
    }

    public static Task SendAsync(IChatClient chat, int number) =>
        chat.GetResponseAsync(new ChatMessage(ChatRole.User, Text(2 * number, QuestionBytes)));

    private static string Text(int number, int bytes) => Prose.Text(number, bytes);

    private sealed class AnsweringClient : IChatClient
    {
        private int _answers;

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) =>
            Task.FromResult(
                new ChatResponse(new ChatMessage(ChatRole.Assistant, Text((2 * _answers++) + 1, AnswerBytes)))
                {
                    ModelId = "gpt-4o-mini-2024-07-18",
                    FinishReason = ChatFinishReason.Stop,
                    Usage = new() { InputTokenCount = 128, OutputTokenCount = 384 },
                }
            );

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
