using System.Security.Cryptography;
using System.Text;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// What one provider at one endpoint was found to have, kept in a file of the catalogue's form, so that the next process knows it.
/// The file is replaced as a whole; of two processes that detect at once the later one counts.
/// </summary>
internal sealed class DetectedFile
{
    private readonly string _path;

    /// <param name="modelsPath"><see cref="SessionOptions.ModelsPath"/>.</param>
    /// <param name="provider">The provider's configured name.</param>
    /// <param name="endpoint">Its endpoint. It may hold a secret, hence only its digest is in the file's name.</param>
    public DetectedFile(string modelsPath, string provider, Uri? endpoint)
    {
        Name = $"{provider} {Digest(endpoint?.AbsoluteUri ?? "")}";
        // A name is data, never a path: what is no plain name is told apart by its digest alone.
        var isPlain = provider.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');
        _path = Path.Combine(modelsPath, "detected", $"{(isPlain ? provider : "provider")}-{Digest(Name)}.json");
    }

    /// <summary>Whose facts they are, for the registry.</summary>
    public string Name { get; }

    /// <summary>The models as they were found, with the age in their source; none when there is no file, or it cannot be read.</summary>
    public IReadOnlyList<ModelDescriptor> Load(TimeProvider timeProvider)
    {
        try
        {
            if (!File.Exists(_path))
                return [];
            var found = CatalogueReader.Read(File.ReadAllBytes(_path));
            var source = Detected.Source(found.Date, Detected.Today(timeProvider));
            return
            [
                .. found.Models.Select(model =>
                    model with
                    {
                        Source = source,
                        Price = model.Price is { } price ? price with { Source = source } : null,
                    }
                ),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return []; // the next detection writes it anew
        }
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public async Task SaveAsync(IReadOnlyList<ModelDescriptor> models, DateOnly date, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetDirectoryName(_path))!);
        PrivateFiles.CreateDirectory(Path.GetDirectoryName(_path)!);
        var temporary = $"{_path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp";
        try
        {
            var file = PrivateFiles.Create(temporary);
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(CatalogueWriter.Write(new(date, models)), cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, _path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
