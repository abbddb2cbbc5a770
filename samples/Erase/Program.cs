using Dossier;
using Dossier.Storage;

await using var store = new SessionStore(new LocalStorage(".dossier"), ownsStorage: true);
var ids = new Dictionary<string, string>();
foreach (var owner in new[] { "ada", "bob" })
{
    await using var session = await store.ForOwner(owner).OpenAsync();
    ids[owner] = session.Id;
    Console.WriteLine($"{owner} has {session.Id}");
    await session.StoreArtifactAsync("letter", $"A letter to {owner}-surname.");
    await session.StoreArtifactAsync("scan", $"{owner}-surname, scanned.".PadRight(100_000)); // a file of its own
}
foreach (var found in (await store.SearchAsync("letter")).Hits)
    Console.WriteLine($"found in {found.Artifact.SessionId}");

await foreach (var session in store.ForOwner("ada").ListSessionsAsync())
    Console.WriteLine($"ada sees {session.Id}");

var report = await store.EraseOwnerAsync("ada", reason: "ticket 4711");
Console.WriteLine(report);
await foreach (var erasure in store.ListErasuresAsync())
    Console.WriteLine(erasure);
try
{
    await store.OpenAsync(new() { SessionId = ids["ada"], OpenMode = OpenMode.Open });
}
catch (NotFoundException exception)
{
    Console.WriteLine(exception.Message);
}

await using (await store.ForOwner("ada").OpenAsync())
    Console.WriteLine("ada comes back");
foreach (var owner in ids.Keys)
    Console.WriteLine($"files with the name of {owner}: {FilesWith($"{owner}-surname")}");
Console.WriteLine(await store.VerifyAsync());

static int FilesWith(string text) =>
    Directory
        .EnumerateFiles(".dossier", "*", SearchOption.AllDirectories)
        .Count(path => File.ReadAllText(path).Contains(text, StringComparison.OrdinalIgnoreCase));
