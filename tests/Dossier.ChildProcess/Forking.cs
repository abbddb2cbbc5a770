using Dossier.Storage;

namespace Dossier.ChildProcess;

/// <summary>Forks a session without pause, until the process is killed.</summary>
internal static class Forking
{
    /// <summary>Prints <c>forking .</c> before each fork, and <c>forked ID .</c> after it.</summary>
    public static async Task RunAsync(string path, string sessionId)
    {
        await using var storage = new LocalStorage(path);
        await using var store = new SessionStore(storage);
        while (true)
        {
            Console.WriteLine("forking .");
            var fork = await store.ForkAsync(sessionId);
            Console.WriteLine($"forked {fork.Id} .");
        }
    }
}
