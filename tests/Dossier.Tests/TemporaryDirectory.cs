namespace Dossier.Tests;

/// <summary>A directory that belongs to one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dossier-test-").FullName;

    /// <summary>The bytes of all files in it, read while they may be open.</summary>
    public IEnumerable<(string Name, byte[] Bytes)> Files() =>
        Directory
            .EnumerateFiles(Path, "*", SearchOption.AllDirectories)
            .Select(file =>
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return (file, bytes);
            });

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
