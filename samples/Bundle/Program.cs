using System.IO.Compression;
using Dossier;
using Dossier.Storage;

// A session with something of everything, in the store of one machine.
var options = new SessionOptions
{
    SessionId = "inspection",
    StoragePath = "here",
    Name = "Inspection",
    Model = "local/extractive",
};
await using var session = await Session.OpenAsync(options);
await session.StoreArtifactAsync(
    "report",
    "The crane was inspected in June. Two cables were replaced. It is safe.",
    role: ArtifactRole.Input
);
await session.Conversation().SendAsync("Two cables of the crane were replaced. The rest of it is safe.");
await session.StoreArtifactAsync("scan", new byte[200_000], "image/tiff");

// One file, the same each time.
await session.ExportAsync("inspection.zip");
await session.ExportAsync("again.zip");
Console.WriteLine($"the same bytes: {await IsSameAsync("again.zip", "inspection.zip")}");
using (var zip = ZipFile.OpenRead("inspection.zip"))
    foreach (var entry in zip.Entries.Take(3))
        Console.WriteLine($"{entry.Length, 8} {entry.FullName[..Math.Min(20, entry.FullName.Length)]}");

// Read where it is, without a store.
await using (var read = await Session.OpenBundleAsync("inspection.zip"))
    Console.WriteLine($"in the file: {await (await read.FindArtifactAsync("report"))!.ReadTextAsync()}");

// On another machine: it goes on from where it was.
await using var store = new SessionStore(new LocalStorage("there"), ownsStorage: true);
var info = await store.ImportAsync("inspection.zip");
await using var carried = await store.OpenAsync(new() { SessionId = info.Id, OpenMode = OpenMode.Open });
Console.WriteLine($"imported {info.Id} ({info.Name}), {await carried.Conversation().ReadAsync().CountAsync()} messages");
Console.WriteLine(await store.VerifyAsync());
await carried.ExportAsync("back.zip");
Console.WriteLine($"still the same bytes: {await IsSameAsync("back.zip", "inspection.zip")}");

// Somebody changed a byte on the way.
var bytes = await File.ReadAllBytesAsync("inspection.zip");
bytes[bytes.Length / 2] ^= 1;
await File.WriteAllBytesAsync("changed.zip", bytes);
try
{
    await store.ImportAsync("changed.zip", new() { SessionId = "changed" });
}
catch (BundleException exception)
{
    Console.WriteLine(exception.Message);
}

// For whoever is to see what was done, and nothing of what was said.
await session.ExportAsync("digests.zip", new() { Content = BundleContent.DigestsOnly });
Console.WriteLine($"without content: {new FileInfo("digests.zip").Length < 10_000}");

static async Task<bool> IsSameAsync(string one, string other) =>
    ContentDigest.Of(await File.ReadAllBytesAsync(one)) == ContentDigest.Of(await File.ReadAllBytesAsync(other));
