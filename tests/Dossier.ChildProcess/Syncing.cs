using System.Globalization;

namespace Dossier.ChildProcess;

/// <summary>Syncs the catalogue of models while other processes do the same.</summary>
internal static class Syncing
{
    public const int Times = 10;

    /// <summary>Prints <c>ready</c>, waits for a line, syncs several times, and prints how often a new catalogue came into force.</summary>
    public static async Task RunAsync(string storage, string models, Uri endpoint)
    {
        await using var session = await Session.OpenAsync(new() { StoragePath = storage, ModelsPath = models });
        Console.WriteLine("ready");
        Console.ReadLine();
        var brought = 0;
        for (var i = 0; i < Times; i++)
        {
            var result = await session.Store.SyncModelsAsync(new() { Endpoint = endpoint, MinModels = 2 });
            if (result.IsNew && session.Models.Get("acme", "m1")?.Price is not null)
                brought++;
        }
        Console.WriteLine(brought.ToString(CultureInfo.InvariantCulture));
    }
}
