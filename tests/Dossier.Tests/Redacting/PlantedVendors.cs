using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Redacting;

/// <summary>Models that say texts in every way there is: in pieces, in calls of tools, in failures.</summary>
/// <param name="texts">What they say, and what is in the names and ids that they make up.</param>
internal sealed class PlantedVendors(Func<(string Said, string Named)> texts)
{
    // Short enough to cut every key.
    private const int PieceLength = 7;

    public IChatClient Answering => new ScriptedChatClient((_, _, token) => AnswerAsync(token));

    /// <summary>Calls two functions, <c>look</c> and <c>fail</c>, and answers when it has the results.</summary>
    public IChatClient Calling =>
        new ScriptedChatClient(
            (messages, _, token) => messages.Any(message => message.Role == ChatRole.Tool) ? AnswerAsync(token) : CallAsync(token)
        );

    public IChatClient Failing => new ScriptedChatClient((_, _, _) => throw Failure());

    /// <summary>Fails with what is not translated: misuse is the caller's.</summary>
    public IChatClient Refusing => new ScriptedChatClient((_, _, _) => throw new ArgumentException($"You sent {texts().Said}"));

    public IEmbeddingGenerator<string, Embedding<float>> FailingEmbeddings => new ScriptedEmbeddings(_ => throw Failure());

    /// <summary>Fails in the middle of a stream.</summary>
    public IChatClient Cutting => new ScriptedChatClient((_, _, token) => CutAsync(token));

    private HttpRequestException Failure() =>
        new(
            HttpRequestError.Unknown,
            $"You sent {texts().Said}",
            new InvalidOperationException($"with {texts().Said}"),
            System.Net.HttpStatusCode.ServiceUnavailable
        );

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var update in SayAsync(cancellationToken))
            yield return update;
        yield return new(ChatRole.Assistant, [new TextReasoningContent(texts().Said) { ProtectedData = texts().Said }]);
        yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 10, OutputTokenCount = 4 })])
        {
            ModelId = texts().Named,
            ResponseId = texts().Named,
            FinishReason = new(texts().Named),
            AdditionalProperties = new() { [texts().Said] = texts().Said },
        };
    }

    private async IAsyncEnumerable<ChatResponseUpdate> CallAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var update in SayAsync(cancellationToken))
            yield return update;
        var arguments = new Dictionary<string, object?> { ["what"] = texts().Said };
        yield return new(ChatRole.Assistant, [new FunctionCallContent($"{texts().Named} 1", "look", arguments)]);
        yield return new(ChatRole.Assistant, [new FunctionCallContent($"{texts().Named} 2", "fail", arguments)]);
        yield return new(ChatRole.Assistant, [new FunctionCallContent($"{texts().Named} 3", texts().Named, arguments)])
        {
            FinishReason = ChatFinishReason.ToolCalls,
        };
    }

    private async IAsyncEnumerable<ChatResponseUpdate> CutAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var update in SayAsync(cancellationToken))
            yield return update;
        throw Failure();
    }

    private async IAsyncEnumerable<ChatResponseUpdate> SayAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var piece in texts().Said.Chunk(PieceLength))
            yield return new(ChatRole.Assistant, new string(piece)) { RawRepresentation = texts().Said, AuthorName = texts().Named };
    }
}
