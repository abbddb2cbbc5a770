using System.Text.Json;

namespace Dossier.Benchmarks.Models;

/// <summary>Importing the whole file of models.dev: every record checked, every fact taken.</summary>
internal static class ModelsLoad
{
    private const int Times = 10;

    public static Ratio Ratio { get; } = new("models.load", "×", "JsonDocument.Parse of the same bytes", Goal.Max(4), _ => MeasureAsync());

    private static async Task<Measured> MeasureAsync()
    {
        var bytes = ModelsFile.Read();
        var ratio = await Measure.RatioAsync(
            9,
            _ =>
                Measure.SecondsAsync(() =>
                {
                    for (var i = 0; i < Times; i++)
                        ModelImport.Read(bytes);
                    return Task.CompletedTask;
                }),
            _ =>
                Measure.SecondsAsync(() =>
                {
                    for (var i = 0; i < Times; i++)
                    {
                        using var document = JsonDocument.Parse(bytes);
                    }
                    return Task.CompletedTask;
                })
        );
        return new(ratio, $"{bytes.Length:N0} bytes: {ModelImport.Read(bytes)}");
    }
}
