using System.Globalization;
using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier.ChildProcess;

/// <summary>Writes without pause, from several tasks at once, until the process is killed.</summary>
internal static class Load
{
    private const int Writers = 8;
    private const int InGroup = 3;

    /// <summary>Prints <c>opening</c>, <c>opened</c>, and then a line for each commit that has returned; a line ends with a full stop, or was torn.</summary>
    public static async Task RunAsync(string path, string sessionId)
    {
        Console.WriteLine("opening .");
        await using var storage = new LocalStorage(path);
        await storage.OpenAsync();
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = sessionId });
        Console.WriteLine("opened .");
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(storage, session, writer))));
    }

    private static async Task WriteAsync(LocalStorage storage, Session session, int writer)
    {
        for (var i = 0; ; i++)
        {
            switch ((writer + i) % 4)
            {
                case 0:
                    Acknowledge(await session.StoreArtifactAsync($"large-{writer % 2}", NewBytes(70_000, 170_000), "binary"));
                    break;
                case 1:
                    Acknowledge(await session.StoreArtifactAsync("repeated", string.Create(CultureInfo.InvariantCulture, $"{i % 5}")));
                    break;
                case 2:
                    await WriteGroupAsync(storage.Records, session.Id);
                    break;
                default:
                    var metadata = new Dictionary<string, object?> { ["writer"] = writer, ["round"] = i };
                    Acknowledge(await session.StoreArtifactAsync($"small-{writer % 3}", NewBytes(1, 3_000), "binary", metadata));
                    break;
            }
        }
    }

    /// <summary>One commit of several artifacts and a response, which is there whole or not at all.</summary>
    private static async Task WriteGroupAsync(IRecordStore records, string sessionId)
    {
        var name = $"group-{NewId()}";
        var contents = Enumerable.Range(0, InGroup).Select(_ => NewBytes(1, 1_000)).Select(Inline).ToList();
        var artifacts = contents.ConvertAll(content => new ArtifactRecord
        {
            SessionId = sessionId,
            Id = NewId(),
            Name = name,
            ContentType = "application/octet-stream",
            Digest = content.Digest,
            Size = content.Size,
        });
        await records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = sessionId,
                At = DateTimeOffset.UnixEpoch,
                Contents = contents,
                Artifacts = artifacts,
                Responses = [new() { Id = NewId(), Key = name }],
            }
        );
        Console.WriteLine($"stored {string.Join(' ', artifacts.Select(artifact => artifact.Id))} .");
    }

    private static void Acknowledge(Artifact artifact) => Console.WriteLine($"stored {artifact.Id} .");

    private static ContentEntry Inline(byte[] bytes) => new(ContentDigest.Of(bytes), bytes.Length, bytes);

    private static byte[] NewBytes(int least, int most) => RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(least, most));

    private static string NewId() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
