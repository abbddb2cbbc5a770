using Dossier.Storage;

namespace Dossier.ChildProcess;

/// <summary>Imports a bundle until the process is killed.</summary>
internal static class Importing
{
    /// <summary>Imports it again and again, each time as another session. Prints <c>imported ID .</c> after each time.</summary>
    public static async Task RunAsync(string path, string bundle)
    {
        await using var storage = new LocalStorage(path);
        await using var store = new SessionStore(storage);
        while (true)
        {
            var info = await store.ImportAsync(bundle, new() { SessionId = $"{Guid.CreateVersion7():N}" });
            Console.WriteLine($"imported {info.Id} .");
        }
    }

    /// <summary>Prints <c>inside</c> when the store has some of the content, and waits.</summary>
    public static async Task StayAsync(string path, string bundle)
    {
        await using var storage = new LocalStorage(path);
        await using var store = new SessionStore(storage);
        await using var file = new StayingFile(bundle);
        await store.ImportAsync(file);
    }

    /// <summary>A file that is read no further when it has been read one and a half times: once to be verified, and in the middle of its content.</summary>
    private sealed class StayingFile(string path) : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0)
    {
        private long _read;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            _read += read;
            if (_read > Length + (Length / 2))
            {
                Console.WriteLine("inside");
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            return read;
        }
    }
}
