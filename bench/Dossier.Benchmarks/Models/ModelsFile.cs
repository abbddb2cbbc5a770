using Dossier.Tests;

namespace Dossier.Benchmarks.Models;

/// <summary>The file that is imported: the one that <c>--models</c> names, else that of models.dev beside the repository, else one of its shape, size and faults.</summary>
internal static class ModelsFile
{
    /// <summary>The path that was given.</summary>
    public static string? Path { get; set; }

    public static byte[] Read()
    {
        if (Path is not null)
            return File.ReadAllBytes(Path);
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var beside = System.IO.Path.Combine(directory.FullName, "..", "shared", "data", "models-dev-api.json");
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "Dossier.slnx")) && File.Exists(beside))
                return File.ReadAllBytes(beside);
        }
        return ModelsDevFile.Generate();
    }
}
