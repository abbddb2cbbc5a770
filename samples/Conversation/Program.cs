using Dossier;
using Dossier.Samples.Conversation;
using Microsoft.Extensions.AI;

var provider = new RememberingProvider();
var options = new SessionOptions
{
    SessionId = "ada",
    Name = "Conversation",
    Model = "tiny/remembering-1",
    Providers = { ["tiny"] = new() { Implementation = provider } },
};
await using var session = await Session.OpenAsync(options);

var talk = session.Conversation();
Console.WriteLine(await talk.SendAsync("My name is Ada."));
Console.WriteLine(await talk.SendAsync("What is my name?"));

// What was said is kept with its answer, in one commit, and the next process goes on from there.
foreach (var message in await talk.ReadTailAsync(4))
    Console.WriteLine($"{message.Id}  {message.Record.Role}: {message.Text}");

// A conversation is a chat client, for whatever takes one.
var chat = talk.AsChatClient();
await foreach (var update in chat.GetStreamingResponseAsync("My name is Grace."))
    Console.Write(update.Text);
Console.WriteLine();

// Nothing is deleted: what is undone stays as a branch.
await talk.UndoAsync();
Console.WriteLine(await talk.SendAsync("What is my name now?"));
await foreach (var branch in talk.ListBranchesAsync())
    Console.WriteLine($"branch to {branch.Leaf}{(branch.HasHead ? ", the head" : "")}");

// Of two turns at once, one is the conversation, and the other has its answer all the same.
provider.Answer2AtOnce();
await Task.WhenAll(SayAsync(talk, "I like tea."), SayAsync(talk, "I like coffee."));

// The whole history stays, whatever is sent of it.
talk.Reducer = new LastMessages(2);
Console.WriteLine(await talk.SendAsync("What is my name?"));
Console.WriteLine($"{(await talk.GetInfoAsync())!.Length} messages, sent 3 of them");
Console.WriteLine(await session.GetSummaryAsync());

static async Task SayAsync(Conversation talk, string text)
{
    try
    {
        await talk.SendAsync(text);
    }
    catch (ConversationConflictException conflict)
    {
        Console.WriteLine($"came second, and was answered: {conflict.Response!.Text}");
        await talk.MoveHeadAsync(conflict.Leaf); // or send it again, to go on from the head
    }
}

/// <summary>Sends the last messages only. Microsoft.Extensions.AI has more reducers, such as one that summarises.</summary>
internal sealed class LastMessages(int count) : IChatReducer
{
    public Task<IEnumerable<ChatMessage>> ReduceAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken) =>
        Task.FromResult(messages.TakeLast(count));
}
