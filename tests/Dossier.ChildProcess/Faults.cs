using System.Text;
using Dossier.Storage;

namespace Dossier.ChildProcess;

/// <summary>What is done where something is wrong with the disk, or where every system call is watched.</summary>
internal static class Faults
{
    private const int Large = 200_000;

    /// <summary>Prints <c>begin</c>, stores an artifact in a file and prints <c>file</c>, and one in the database and prints <c>inline</c>.</summary>
    public static async Task StoreOneOfEachAsync(string storage)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = storage, SessionId = "s" });
        Console.WriteLine("begin");
        await session.StoreArtifactAsync("large", new byte[Large], "binary");
        Console.WriteLine("file");
        await session.StoreArtifactAsync("small", "text");
        Console.WriteLine("inline");
    }

    /// <summary>Writes until the disk is full, tries what is possible then, deletes the ballast and writes again.</summary>
    public static async Task FillDiskAsync(string storage, string ballast)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = storage, SessionId = "s" });
        var stored = 0;
        try
        {
            for (; ; stored++)
                await session.StoreArtifactAsync($"{stored}", new string('x', 8_000) + stored);
        }
        catch (StorageException exception)
        {
            Console.WriteLine($"inline: {exception.Message}");
        }
        await TryAsync("file", () => session.StoreArtifactAsync("large", new byte[Large], "binary"));
        var read = 0;
        await foreach (var artifact in session.ListArtifactsAsync())
            read += (await artifact.ReadTextAsync()).EndsWith($"x{artifact.Name}", StringComparison.Ordinal) ? 1 : 0;
        Console.WriteLine($"readable: {read} of {stored}");
        File.Delete(ballast);
        await TryAsync("after", () => session.StoreArtifactAsync("after", Encoding.UTF8.GetBytes("there is room again"), "txt"));
    }

    public static Task OpenAsync(string storage) =>
        TryAsync("open", () => Session.OpenAsync(new() { StoragePath = storage, SessionId = "s" }));

    private static async Task TryAsync(string what, Func<Task> action)
    {
        try
        {
            await action();
            Console.WriteLine($"{what}: done");
        }
        catch (StorageException exception)
        {
            Console.WriteLine($"{what}: {exception.Message}");
        }
    }
}
