using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// A chat client that answers with the most telling sentences of the user's text. The same conversation always gets the same
/// answer. Attachments that are not text are left out. Tokens are estimated at one for every four UTF-16 code units, rounded up for each text.
/// </summary>
internal sealed class ExtractiveChatClient(TimeProvider timeProvider) : IChatClient
{
    public const string Model = "extractive";
    private const int CharactersPerToken = 4;
    private const int WordsPerUpdate = 4;

    private static readonly ChatClientMetadata Metadata = new("local", providerUri: null, Model);

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(messages);
        cancellationToken.ThrowIfCancellationRequested();
        var conversation = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var request = ExtractiveRequest.Read(conversation, options);
        var (text, finish) = Answer(request, options?.MaxOutputTokens, cancellationToken);
        var id =
            "extractive-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Document + '\0' + text)).AsSpan(0, 8));
        var input = conversation.SelectMany(ExtractiveRequest.Texts).Append(options?.Instructions ?? "").Sum(Tokens);
        return Task.FromResult(
            new ChatResponse(new ChatMessage(ChatRole.Assistant, text) { MessageId = id })
            {
                ResponseId = id,
                ModelId = Model,
                CreatedAt = timeProvider.GetUtcNow(),
                FinishReason = finish,
                Usage = new()
                {
                    InputTokenCount = input,
                    OutputTokenCount = Tokens(text),
                    TotalTokenCount = input + Tokens(text),
                },
            }
        );
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var response = await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        var words = response.Text.Split(' ');
        for (var i = 0; i < words.Length; i += WordsPerUpdate)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var group = string.Join(' ', words.Skip(i).Take(WordsPerUpdate));
            yield return Update(new TextContent(i == 0 ? group : ' ' + group));
        }
        var last = Update(new UsageContent(response.Usage!));
        last.FinishReason = response.FinishReason;
        yield return last;

        ChatResponseUpdate Update(AIContent content) =>
            new(ChatRole.Assistant, [content])
            {
                ResponseId = response.ResponseId,
                MessageId = response.ResponseId,
                ModelId = Model,
                CreatedAt = response.CreatedAt,
            };
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(ChatClientMetadata) ? Metadata
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose() { }

    /// <summary>As many of the asked-for sentences, best first, as the token limit has room for; at the least a piece of the best one.</summary>
    private static (string Text, ChatFinishReason Finish) Answer(
        ExtractiveRequest request,
        int? maxTokens,
        CancellationToken cancellationToken
    )
    {
        var ranked = ExtractiveSummary.Rank(request.Document, request.Sentences, cancellationToken);
        var text = Join(ranked);
        if (maxTokens is not { } limit || Tokens(text) <= limit)
            return (text, ChatFinishReason.Stop);
        for (var count = ranked.Count - 1; count > 0; count--)
        {
            text = Join(ranked.Take(count));
            if (Tokens(text) <= limit)
                return (text, ChatFinishReason.Length);
        }
        var room = Math.Max(limit, 0) * CharactersPerToken;
        var end = text.LastIndexOf(' ', Math.Min(room, text.Length - 1));
        return (text[..(end > 0 ? end : Math.Min(room, text.Length))], ChatFinishReason.Length);
    }

    private static string Join(IEnumerable<RankedSentence> sentences) =>
        string.Join(' ', sentences.OrderBy(sentence => sentence.Position).Select(sentence => sentence.Text));

    private static long Tokens(string text) => (text.Length + CharactersPerToken - 1) / CharactersPerToken;
}
