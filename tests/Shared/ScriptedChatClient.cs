using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier.Tests;

/// <summary>A chat client that does what a test says, and remembers what it was asked.</summary>
internal sealed class ScriptedChatClient(
    Func<IReadOnlyList<ChatMessage>, ChatOptions?, CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> reply
) : IChatClient
{
    public List<IReadOnlyList<ChatMessage>> Requests { get; } = [];

    /// <summary>The options of each request.</summary>
    public List<ChatOptions?> Options { get; } = [];

    public bool Disposed { get; private set; }

    /// <summary>Answers every request with the same text, in as many updates as there are parts.</summary>
    public static ScriptedChatClient Answering(params string[] parts) => new((_, _, token) => UpdatesAsync(parts, null, token));

    /// <summary>Fails every request, after the parts have been sent.</summary>
    public static ScriptedChatClient Failing(Exception exception, params string[] parts) => new((_, _, _) => FailAsync(exception, parts));

    /// <summary>
    /// Plays one turn per request, in order: a string is an answer, an exception is thrown before anything came, and an array is a stream that ends with
    /// its last part or throws it. The last turn is repeated.
    /// </summary>
    public static ScriptedChatClient InTurn(params object[] turns)
    {
        var turn = 0;
        return new(
            (_, _, token) =>
                turns[Math.Min(turn++, turns.Length - 1)] switch
                {
                    string text => UpdatesAsync([text], null, token),
                    object[] and [.. var parts, Exception cut] => FailAsync(cut, [.. parts.Cast<string>()]),
                    object[] parts => UpdatesAsync(parts.Cast<string>(), null, token),
                    var exception => FailAsync((Exception)exception, []),
                }
        );
    }

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var sent = messages.ToList();
        lock (Requests)
        {
            Requests.Add(sent);
            Options.Add(options);
        }
        return reply(sent, options, cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, "script-1") : null;

    public void Dispose() => Disposed = true;

    public static async IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync(
        IEnumerable<string> parts,
        UsageDetails? usage = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        yield return new(ChatRole.Assistant, "") { ModelId = "script-1-2026-01-01" };
        foreach (var part in parts)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return new(ChatRole.Assistant, part) { ModelId = "script-1-2026-01-01" };
        }
        yield return new(ChatRole.Assistant, [new UsageContent(usage ?? new() { InputTokenCount = 10, OutputTokenCount = 4 })])
        {
            FinishReason = ChatFinishReason.Stop,
        };
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> FailAsync(Exception exception, string[] parts)
    {
        foreach (var part in parts)
        {
            await Task.Yield();
            yield return new(ChatRole.Assistant, part);
        }
        await Task.Yield();
        throw exception;
    }
}
