using Dossier;
using Dossier.Storage;
using Microsoft.Data.Sqlite;

await using var store = new SessionStore(new LocalStorage(".dossier"), ownsStorage: true);
await using (var session = await store.OpenAsync(new() { SessionId = "quarterly" }))
{
    await session.StoreArtifactAsync("figures", "Revenue 4,711", role: ArtifactRole.Input);
    await session.Responses.TrackAsync(
        "report",
        new()
        {
            Success = true,
            Cost = new() { Amount = 0.25m, PriceSource = new("invoice") },
        }
    );
    await session.StoreArtifactAsync("report", "Revenue was 4,711.", role: ArtifactRole.Output);

    // In earnest: to a log, a ticket or a commit, where nobody who can write to the store can change it.
    await File.WriteAllTextAsync("noted.txt", $"{await session.GetChainHeadAsync()}");
}
var noted = ChainHead.Parse(await File.ReadAllTextAsync("noted.txt"));
var options = new VerifyOptions { ChainHeads = new Dictionary<string, ChainHead> { ["quarterly"] = noted } };
Console.WriteLine(await store.VerifyAsync(options));

// Somebody makes the record cheaper than the call was.
using (var database = new SqliteConnection("Data Source=.dossier/dossier.db;Pooling=False"))
{
    database.Open();
    using var forge = new SqliteCommand("UPDATE responses SET body = replace(body, '0.25', '0.05')", database);
    forge.ExecuteNonQuery();
}

Console.WriteLine(await store.VerifyAsync(options));
