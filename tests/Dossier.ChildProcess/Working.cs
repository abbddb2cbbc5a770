using System.Globalization;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.ChildProcess;

/// <summary>Talks, or works through many items, until the process is killed. A line ends with a full stop, or was torn.</summary>
internal static class Working
{
    /// <summary>Takes turns in two conversations at once; prints <c>opened</c>, and <c>said</c> with the question for each turn that has returned.</summary>
    public static async Task TalkAsync(string path, string sessionId)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = path, SessionId = sessionId });
        Console.WriteLine("opened .");
        await Task.WhenAll(TalkAsync(session, "one"), TalkAsync(session, "two"));
    }

    /// <summary>
    /// Maps over so many items, in steps that call a model, store an artifact and have a step within; prints <c>opened</c>, and <c>kept</c> with the
    /// number of the item for each result that has come.
    /// </summary>
    public static async Task MapAsync(string path, string sessionId, int items)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = path, SessionId = sessionId });
        var chat = session.Track(ScriptedChatClient.Answering("part"), "scripted/m");
        Console.WriteLine("opened .");
        var results = session.MapAsync(
            "part",
            Enumerable.Range(0, items),
            async (item, token) =>
            {
                await session.StoreArtifactAsync($"begun/{item}", "begun", cancellationToken: token);
                var answer = await chat.GetResponseAsync("item", cancellationToken: token);
                return await session.StepAsync("within", [item], _ => Task.FromResult($"{answer.Text} {item}"), cancellationToken: token);
            }
        );
        await foreach (var result in results)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kept {result.Item} {result.Value} ."));
    }

    private static async Task TalkAsync(Session session, string name)
    {
        var chat = session.Conversation(name).AsChatClient(ScriptedChatClient.Answering("answer"));
        for (var turn = 0; ; turn++)
        {
            var question = Guid.CreateVersion7().ToString("N");
            // Some are large enough for a file of their own.
            var text = turn % 3 == 2 ? question.PadRight(70_000) : question;
            if (turn % 2 == 0)
                await chat.GetResponseAsync(text);
            else
                await foreach (var update in chat.GetStreamingResponseAsync(text))
                    _ = update;
            Console.WriteLine($"said {question} .");
        }
    }
}
