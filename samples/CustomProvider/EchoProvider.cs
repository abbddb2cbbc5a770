using Dossier;
using Microsoft.Extensions.AI;

/// <summary>A provider of your own: here a model that lives in the process and takes 20 characters.</summary>
internal sealed class EchoProvider : IModelProvider
{
    public IChatClient CreateChatClient(string model, ProviderConnection connection) => new EchoClient(model);

    /// <summary>Says what the client's exceptions mean, and null to all that are not its own.</summary>
    public ProviderFailure? Classify(Exception exception) =>
        exception is TooMuchToEchoException ? new(ProviderErrorKind.ContextTooLong) : null;

    /// <summary>What is known of the models; here nobody has to be asked.</summary>
    public Task<ModelList?> ListModelsAsync(ProviderConnection connection, CancellationToken cancellationToken = default)
    {
        var model = new ModelDescriptor
        {
            Provider = connection.Name,
            Id = "parrot",
            ContextTokens = 5,
            Tools = Support.No,
            Source = new("detected", DateOnly.FromDateTime(connection.TimeProvider.GetUtcNow().UtcDateTime)),
        };
        return Task.FromResult<ModelList?>(new() { Models = [model] });
    }
}

internal sealed class TooMuchToEchoException(int length) : Exception($"{length} characters are more than the 20 that I keep in mind.");

internal sealed class EchoClient(string model) : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var text = messages.Last().Text;
        if (text.Length > 20)
            throw new TooMuchToEchoException(text.Length);
        return Task.FromResult(
            new ChatResponse(new ChatMessage(ChatRole.Assistant, text))
            {
                ModelId = model,
                FinishReason = ChatFinishReason.Stop,
                Usage = new() { InputTokenCount = text.Length / 4, OutputTokenCount = text.Length / 4 },
            }
        );
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            yield return update;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
