using System.Globalization;
using Dossier.Tests;

namespace Dossier.ChildProcess;

/// <summary>Continues a conversation that other processes continue as well.</summary>
internal static class Talking
{
    /// <summary>Prints <c>ready</c>, waits for a line, takes so many turns, and prints how many of them are in the conversation and how many are branches.</summary>
    public static async Task RunAsync(string path, string sessionId, string name, int turns)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = path, SessionId = sessionId });
        var chat = session.Conversation().AsChatClient(ScriptedChatClient.Answering($"answer to {name}"));
        Console.WriteLine("ready");
        Console.ReadLine();
        var (kept, branched) = (0, 0);
        for (var turn = 0; turn < turns; turn++)
        {
            try
            {
                await chat.GetResponseAsync([new(Microsoft.Extensions.AI.ChatRole.User, $"{name} {turn}")]);
                kept++;
            }
            catch (ConversationConflictException)
            {
                branched++;
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kept} {branched}"));
    }
}
