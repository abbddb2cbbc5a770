using Dossier;
using Dossier.Samples.Fork;

var models = new ModelRegistry();
models.Register(WritingProvider.Model);
var options = new SessionOptions
{
    SessionId = "minutes",
    Name = "Minutes",
    Model = "tiny/writer-1",
    Models = models,
    Providers = { ["tiny"] = new() { Implementation = new WritingProvider() } },
};
await using var session = await Session.OpenAsync(options);

// The expensive part, which both ways have in common.
await session.StoreArtifactAsync("source", "The crane was inspected in June.", role: ArtifactRole.Input);
var talk = session.Conversation();
await talk.SendAsync("Read the minutes, and say what they are about.");
var read = (await session.Responses.ListAsync().ToListAsync())[^1];

// One way.
await session.StoreArtifactAsync("report", (await talk.SendAsync("Now write the report in two lines.")).Text, role: ArtifactRole.Output);

// The other one goes on from where the first call had ended.
await using var shorter = await session.ForkAsync(
    new()
    {
        At = read,
        SessionId = "shorter",
        Name = "Shorter",
    }
);
var report = await shorter.Conversation().SendAsync("Now write the report in one line.");
await shorter.StoreArtifactAsync("report", report.Text, role: ArtifactRole.Output);

Console.WriteLine(await session.DiffAsync(shorter));
Console.WriteLine();
Console.WriteLine(await shorter.GetSummaryAsync());

// The fork needs the original no more.
await session.Store.DeleteSessionAsync(session.Id);
var purged = await session.Store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero });
Console.WriteLine($"\npurged {purged.Sessions} session; the fork still says:");
foreach (var message in await shorter.Conversation().ReadTailAsync(4))
    Console.WriteLine($"{message.Record.Role}: {message.Text.Split('\n')[0]}");
Console.WriteLine((await session.Store.VerifyAsync()).IsClean ? "The store is clean." : "The store is damaged.");
