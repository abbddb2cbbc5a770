using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Dossier.Benchmarks.Models;

/// <summary>
/// The time from nothing to the first answer, each in a process of its own in which nothing has been loaded or compiled yet: the
/// first answer of a process is the only one that waits for the catalogue.
/// </summary>
internal static class ModelsStartup
{
    /// <summary>The first argument with which this program times one of the two once, and prints the seconds.</summary>
    public const string Command = "models-startup";

    private const string Answer = "answer";

    public static Ratio Ratio { get; } =
        new(
            "models.startup",
            "×",
            "reading the embedded catalogue and JsonDocument.Parse of it, in a new process too",
            Goal.Max(2),
            async _ => await Measure.RatioAsync(15, _ => RunAsync(Answer), _ => RunAsync("parse"))
        );

    public static int Time(string what)
    {
        var start = Stopwatch.GetTimestamp();
        var works = what == Answer ? Ask() : Parse();
        Console.WriteLine(Stopwatch.GetElapsedTime(start).TotalSeconds.ToString("R", CultureInfo.InvariantCulture));
        return works ? 0 : 1;
    }

    private static bool Ask() => new ModelRegistry().Get("openai", "gpt-5-mini")!.Tools == Support.Yes;

    private static bool Parse()
    {
        using var stream = typeof(ModelRegistry).Assembly.GetManifestResourceStream("Dossier.catalogue.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        using var document = JsonDocument.Parse(bytes);
        return document.RootElement.ValueKind == JsonValueKind.Object;
    }

    private static async Task<double> RunAsync(string what)
    {
        using var process = Child.Start(Command, what);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? double.Parse(output, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{Command} {what} ended with {process.ExitCode}.");
    }
}
