using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Conversations;

/// <summary>What tests of conversations begin with and look at.</summary>
internal static class Talks
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A session whose default model is a client.</summary>
    public static Task<TestSession> OpenAsync(IChatClient client, IStorage? storage = null) =>
        TestSession.OpenAsync(
            options =>
            {
                options.Providers["scripted"].Implementation = new ScriptedProvider(_ => client);
                options.Model = "scripted/script-1";
            },
            storage
        );

    /// <summary>The roles of what is kept, in order.</summary>
    public static async Task<string> RolesAsync(Conversation talk) =>
        string.Join(' ', await talk.ReadAsync(cancellationToken: Token).Select(message => message.Record.Role).ToListAsync(Token));

    /// <summary>The latest response.</summary>
    public static async Task<TrackedResponse> LastAsync(TestSession test) =>
        await test.Session.Responses.ListAsync(cancellationToken: Token).LastAsync(Token);
}
