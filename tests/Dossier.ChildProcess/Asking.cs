using Microsoft.Extensions.AI;

namespace Dossier.ChildProcess;

internal static class Asking
{
    /// <summary>Asks Anthropic with headers in the environment, which its SDK reads once for the whole process.</summary>
    public static async Task AskWithHeadersInTheEnvironmentAsync(string storage, Uri endpoint)
    {
        Environment.SetEnvironmentVariable("ANTHROPIC_CUSTOM_HEADERS", "Authorization: Bearer of-a-gateway\nX-Gateway: secret");
        await using var session = await Session.OpenAsync(
            new()
            {
                StoragePath = storage,
                Providers =
                {
                    ["anthropic"] = new() { Endpoint = endpoint, ApiKey = "own-key" },
                },
            }
        );
        await session.GetChatClient("test", "anthropic").GetResponseAsync("Hi");
    }
}
