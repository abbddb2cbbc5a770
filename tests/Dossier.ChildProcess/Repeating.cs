using Dossier.Storage;

namespace Dossier.ChildProcess;

/// <summary>Makes a commit that another process may have made.</summary>
internal static class Repeating
{
    /// <summary>Commits an artifact with the id of its commit, and prints the version and the sequence that it has.</summary>
    public static async Task CommitArtifactAsync(string path, string sessionId, Guid id)
    {
        await using var storage = new LocalStorage(path);
        await storage.OpenAsync();
        var content = "x"u8.ToArray();
        var result = await storage.Records.CommitAsync(
            new()
            {
                CommitId = id,
                SessionId = sessionId,
                At = DateTimeOffset.UnixEpoch,
                Contents = [new(ContentDigest.Of(content), content.Length, content)],
                Artifacts =
                [
                    new()
                    {
                        SessionId = sessionId,
                        Id = id.ToString("N"),
                        Name = "a",
                        ContentType = "text/plain",
                        Digest = ContentDigest.Of(content),
                        Size = content.Length,
                        CreatedAt = DateTimeOffset.UnixEpoch,
                    },
                ],
            }
        );
        Console.WriteLine($"{result.ArtifactVersions[0]} {result.ArtifactSequences[0]}");
    }
}
