using System.Security.Cryptography;
using Dossier.Storage;
using Dossier.Tests;

namespace Dossier.ChildProcess;

/// <summary>Erases sessions, and is killed while it does.</summary>
internal static class Erasing
{
    /// <summary>
    /// Fills and erases one session after another, and prints <c>filled ID SECRET .</c>, the points that the erasure reaches, <c>erased ID .</c>
    /// and <c>kept ID .</c>, the id of an artifact in a session that stays.
    /// </summary>
    public static async Task RunAsync(string path)
    {
        await using var storage = new LocalStorage(path);
        await storage.OpenAsync();
        await using var store = new SessionStore(storage);
        await using var kept = await store.OpenAsync(new() { SessionId = "kept" });
        storage.Engine.Runs.Erased = point => Console.WriteLine($"{point} .");
        while (true)
        {
            var id = Guid.CreateVersion7().ToString("N");
            var secret = $"secret{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
            await SecretSession.FillAsync(store, id, secret);
            Console.WriteLine($"filled {id} {secret} .");
            await store.EraseSessionAsync(id);
            Console.WriteLine($"erased {id} .");
            var artifact = await kept.StoreArtifactAsync(
                "kept",
                RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(1, 90_000)),
                "binary"
            );
            Console.WriteLine($"kept {artifact.Id} .");
        }
    }

    /// <summary>Erases a session as far as a point, prints it, and stays there.</summary>
    public static async Task StayAsync(string path, string sessionId, string point)
    {
        await using var storage = new LocalStorage(path);
        await storage.OpenAsync();
        await using var store = new SessionStore(storage);
        storage.Engine.Runs.Erased = reached =>
        {
            if (reached.ToString() != point)
                return;
            Console.WriteLine(point);
            Thread.Sleep(Timeout.Infinite);
        };
        await store.EraseSessionAsync(sessionId);
    }
}
