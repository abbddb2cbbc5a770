using Dossier;

await using var session = await Session.OpenAsync(new() { Name = "Find" });
foreach (var (name, pages) in new[] { ("first chart", 4), ("second chart", 12), ("third chart", 40) })
{
    await session.StoreArtifactAsync(
        name,
        new byte[2048],
        "png",
        new Dictionary<string, object?>
        {
            ["lang"] = "en",
            ["stage"] = "draft",
            ["pages"] = pages,
            ["due"] = new DateOnly(2026, 4, 1),
        },
        ArtifactRole.Output
    );
}
await session.StoreArtifactAsync("report", "The quarterly report: revenue grew.");
await session.StoreArtifactAsync("older report", "The quarterly report: revenue fell. A draft.");

var query = new ArtifactQuery
{
    ContentType = "image/*",
    Role = ArtifactRole.Output,
    MinSize = 1024,
    Metadata = new Dictionary<string, object?> { ["lang"] = "en" },
    Where =
    [
        MetadataCondition.In("stage", "draft", "final"),
        MetadataCondition.GreaterThan("pages", 10),
        MetadataCondition.AtLeast("due", new DateOnly(2026, 3, 1)),
        MetadataCondition.NotEqualTo("reviewer", "nobody"),
    ],
    Order = ArtifactOrder.NewestFirst,
};
await foreach (var artifact in session.ListArtifactsAsync(query))
    Console.WriteLine(artifact);
var count = await session.CountArtifactsAsync(query);
Console.WriteLine($"{count.Count} artifacts, {count.Bytes} bytes");

var result = await session.SearchAsync("\"quarterly report\" revenue -draft");
foreach (var hit in result.Hits)
    Console.WriteLine($"{hit.Artifact.Name}: {hit.Snippet}");
