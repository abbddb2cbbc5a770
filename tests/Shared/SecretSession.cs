using System.Text;
using Microsoft.Extensions.AI;

namespace Dossier.Tests;

/// <summary>A session with one text wherever a session can have it.</summary>
internal static class SecretSession
{
    public const int Turns = 3;

    /// <summary>Fills the session, and waits until the full text has it.</summary>
    /// <param name="store">Where.</param>
    /// <param name="id">The session's id.</param>
    /// <param name="secret">The text; its last word is looked for.</param>
    public static async Task FillAsync(SessionStore store, string id, string secret)
    {
        await using var session = await store.OpenAsync(
            new()
            {
                SessionId = id,
                Name = secret,
                Owner = "ada",
                Tags = [secret],
            }
        );
        var metadata = new Dictionary<string, object?> { ["patient"] = secret, [secret] = 1 };
        await session.StoreArtifactAsync("small", $"{secret} {id}", metadata: metadata);
        await session.StoreArtifactAsync(secret, "nothing");
        await session.StoreArtifactAsync("large", Encoding.UTF8.GetBytes($"{secret} {id}".PadRight(100_000)), "text/plain");
        await session.Steps.RunAsync("greet", [secret], _ => Task.FromResult(secret));
        var client = session.Track(ScriptedChatClient.Answering($"Hello, {secret}"), "scripted/script-1");
        for (var turn = 0; turn < Turns; turn++)
            await session.Conversation().AsChatClient(client).GetResponseAsync($"{secret}, turn {turn}");
        await store.SearchAsync(secret[(secret.LastIndexOf(' ') + 1)..], new() { CatchUpLimit = TimeSpan.MaxValue });
    }
}
