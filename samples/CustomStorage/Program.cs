using System.Text;
using Dossier;
using Dossier.Samples.CustomStorage;
using Dossier.Storage;

var directory = Path.GetFullPath(".dossier-compressed");
await using var local = new LocalStorage(directory);
await using var storage = new CompressingStorage(local, Path.Combine(directory, "compressed"));

var log = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("GET /health 200 OK\n", 10_000)));
await using (var session = await Session.OpenAsync(new() { SessionId = "nightly", Storage = storage }))
{
    await session.StoreArtifactAsync("access.log", new MemoryStream(log), "text");
}

await using var again = await Session.OpenAsync(
    new()
    {
        SessionId = "nightly",
        OpenMode = OpenMode.Open,
        Storage = storage,
    }
);
var artifact = await again.FindArtifactAsync("access.log");
var text = await artifact!.ReadTextAsync();
Console.WriteLine($"{artifact.Name}: {artifact.Size} bytes, {(text.Length == log.Length ? "read back whole" : "DAMAGED")}");
Console.WriteLine($"on disk: {(storage.BytesOnDisk < artifact.Size / 10 ? "less than a tenth of that" : "NOT COMPRESSED")}");
