using Dossier;
using Dossier.Storage;

await using var store = new SessionStore(new LocalStorage(".dossier"), ownsStorage: true);
await using var session = await store.OpenAsync(new() { SessionId = "quarterly" });
var scan = new byte[200_000];
var artifact = await session.StoreArtifactAsync("scan", scan, "image/tiff");
Console.WriteLine(await store.VerifyAsync());

// A disk that fails would do this.
var hex = artifact.Digest.ToHex();
using (var file = File.OpenWrite(Path.Combine(".dossier", "objects", "sha256", hex[..2], hex[2..])))
    file.WriteByte(42);

var progress = new Progress<VerifyProgress>(it => Console.Error.WriteLine($"{it.Objects} of {it.TotalObjects}, {it.Bytes:N0} bytes"));
var report = await store.VerifyAsync(new() { Quarantine = true }, progress);
if (!report.IsClean)
    Console.WriteLine(report);

try
{
    await artifact.ReadBytesAsync();
}
catch (StorageException exception)
{
    Console.WriteLine(exception.Message);
}

await session.StoreArtifactAsync("scan", scan, "image/tiff");
Console.WriteLine(await store.VerifyAsync());
Console.WriteLine($"{(await artifact.ReadBytesAsync()).Length} bytes, healed");
