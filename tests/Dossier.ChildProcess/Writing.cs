using Microsoft.Extensions.AI;

namespace Dossier.ChildProcess;

internal static class Writing
{
    /// <summary>Fills a session, and prints the ids of its artifacts and responses, a line each.</summary>
    public static async Task FillSessionAsync(string storage, string id)
    {
        await using var session = await Session.OpenAsync(
            new()
            {
                StoragePath = storage,
                SessionId = id,
                OpenMode = OpenMode.Create,
                Model = "local/extractive",
                Name = "Written by a child",
                Tags = ["child"],
            }
        );
        var large = new byte[300_000];
        new Random(42).NextBytes(large);
        var text = await session.StoreArtifactAsync(
            "text",
            "The child wrote this. It is short.",
            metadata: new Dictionary<string, object?> { ["n"] = 1 }
        );
        Console.WriteLine($"artifact {text.Id}");
        Console.WriteLine($"artifact {(await session.StoreArtifactAsync("large", large, "png")).Id}");
        Console.WriteLine(
            $"artifact {(await session.StoreArtifactAsync("stream", new MemoryStream(large), "pdf", role: ArtifactRole.Input)).Id}"
        );

        var prompt = new ChatMessage(ChatRole.User, [await text.AsContentAsync()]);
        await session.GetChatClient().GetResponseAsync([prompt]);
        await session.Responses.TrackAsync(
            "own",
            new()
            {
                Success = true,
                Metadata = new Dictionary<string, object?> { ["rows"] = 3 },
            }
        );
        await session.CompleteAsync();
        await foreach (var response in session.Responses.ListAsync())
            Console.WriteLine($"response {response.Id}");
    }
}
