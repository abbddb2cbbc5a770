using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier.ChildProcess;

/// <summary>Stores, deletes and purges without pause, until the process is killed.</summary>
internal static class Purging
{
    private static readonly PurgeOptions Everything = new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };

    /// <summary>Prints <c>kept ID .</c> for each artifact that is there to stay, and <c>purged .</c> after each purge.</summary>
    public static async Task RunAsync(string path, string sessionId)
    {
        await using var storage = new LocalStorage(path);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = sessionId });
        var shared = RandomNumberGenerator.GetBytes(90_000);
        for (var i = 0; ; i++)
        {
            var metadata = new Dictionary<string, object?> { ["round"] = i, ["even"] = i % 2 == 0 };
            var bytes = i % 2 == 0 ? shared : RandomNumberGenerator.GetBytes(70_000);
            var gone = await session.StoreArtifactAsync("gone", bytes, "binary", metadata);
            await session.DeleteArtifactAsync(gone.Id);
            var kept = await session.StoreArtifactAsync(
                "kept",
                RandomNumberGenerator.GetBytes(i % 3 == 0 ? 80_000 : 500),
                "binary",
                metadata
            );
            Console.WriteLine($"kept {kept.Id} .");
            var other = $"{sessionId}-{Guid.CreateVersion7():N}";
            await using (var brief = await store.OpenAsync(new() { SessionId = other }))
                await brief.StoreArtifactAsync("gone", shared, "binary", metadata);
            await store.DeleteSessionAsync(other);
            await store.SearchAsync("gone");
            await store.PurgeAsync(Everything);
            Console.WriteLine("purged .");
        }
    }
}
