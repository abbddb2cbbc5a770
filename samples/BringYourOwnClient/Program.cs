using System.Globalization;
using Dossier;
using Microsoft.Extensions.AI;

IChatClient yours = new CountingClient();

await using var session = await Session.OpenAsync(new() { Name = "Bring your own client" });
var chat = session.Track(yours, "acme/counter-1");
var answer = await chat.GetResponseAsync("How many words are in this sentence?");
Console.WriteLine(answer.Text);
Console.WriteLine(await session.GetSummaryAsync());

// Or inside the pipeline that you already build.
using var pipeline = yours.AsBuilder().UseDossier(session, "acme/counter-1").Build();
await foreach (var update in pipeline.GetStreamingResponseAsync("And in this one, as a stream?"))
    Console.Write(update.Text);
Console.WriteLine();

// A conversation on your client: each call is sent what came before.
var talk = session.Conversation().AsChatClient(chat);
Console.WriteLine(await talk.GetResponseAsync("My name is Ada."));
Console.WriteLine(await talk.GetResponseAsync("What is my name?"));

await foreach (var response in session.Responses.ListAsync())
    Console.WriteLine($"{response.Provider}/{response.RequestedModel} {response.Outcome} {response.Usage?.Total} tokens");

/// <summary>Stands for any client that you have: OpenAI's, Ollama's, one behind your own gateway.</summary>
internal sealed class CountingClient : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var words = messages.Sum(message => message.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        await Task.Yield();
        yield return new(ChatRole.Assistant, words.ToString(CultureInfo.InvariantCulture));
        yield return new(ChatRole.Assistant, " words.") { FinishReason = ChatFinishReason.Stop };
        yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = words, OutputTokenCount = 2 })]);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
