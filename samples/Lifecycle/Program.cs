using Dossier;

await using var session = await Session.OpenAsync(new() { SessionId = "lifecycle" });
var store = session.Store;
for (var day = 1; day <= 5; day++)
    await session.StoreArtifactAsync("report", $"The report of day {day}.");
var final = await session.StoreArtifactAsync("report", "The final report.");
var draft = await session.StoreArtifactAsync("draft", "A draft.");

await session.PinArtifactAsync(final.Id); // now neither a mistake nor a policy deletes it

await session.DeleteArtifactAsync(draft.Id);
Console.WriteLine($"drafts after deleting: {(await session.CountArtifactsAsync(new() { Name = "draft" })).Count}");
await session.RestoreArtifactAsync(draft.Id);
Console.WriteLine($"drafts after restoring: {(await session.CountArtifactsAsync(new() { Name = "draft" })).Count}");

var policy = new RetentionPolicy { KeepVersions = 3, DryRun = true };
Console.WriteLine(await store.ApplyRetentionAsync(policy));
Console.WriteLine(await store.ApplyRetentionAsync(policy with { DryRun = false }));
await foreach (var trashed in session.ListArtifactsAsync(new() { Trash = TrashFilter.Only }))
    Console.WriteLine($"in the trash: {trashed.Name} v{trashed.Version}");

var everything = new PurgeOptions { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };
Console.WriteLine(await store.PurgeAsync(everything with { DryRun = true }));
Console.WriteLine(await store.PurgeAsync(everything));
