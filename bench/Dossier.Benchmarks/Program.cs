using System.Globalization;
using System.Text.Json;
using Dossier.Benchmarks;
using Dossier.Benchmarks.Bundles;
using Dossier.Benchmarks.Chat;
using Dossier.Benchmarks.Conversations;
using Dossier.Benchmarks.Explanations;
using Dossier.Benchmarks.Models;
using Dossier.Benchmarks.Replay;
using Dossier.Benchmarks.Steps;
using Dossier.Benchmarks.Storage;

const string Usage =
    "usage: dotnet run -c Release --project bench/Dossier.Benchmarks -- ratios [--only PREFIX] [--json FILE] [--directory DIR] [--models FILE]";

Ratio[] ratios =
[
    // First, while the heap is small: these are matters of microseconds.
    ChatTrack.Time,
    ChatTrack.Allocated,
    ChatStream.Ratio,
    StoreSingle.Ratio,
    StoreConcurrent.Concurrent,
    StoreConcurrent.Group,
    StoreConcurrent.VersusFiles,
    StoreFair.Ratio,
    StoreBytes.Ratio,
    StoreInline.Ratio,
    GetById.Ratio,
    ListGrowth.Ratio,
    Search.Rate,
    Search.Bytes,
    StreamLarge.Speed,
    StreamLarge.Memory,
    ChatDurable.Ratio,
    StepHit.Ratio,
    HistoryBytes.Ratio,
    HistoryGrowth.Ratio,
    HistoryTail.Ratio,
    ReplayRate.Ratio,
    ForkBytes.Ratio,
    ExplainGrowth.Ratio,
    BundleLarge.Speed,
    BundleLarge.Memory,
    ModelsLoad.Ratio,
    ModelsStartup.Ratio,
    ModelsFind.Ratio,
];

string? only = null;
string? json = null;
var directory = Path.GetTempPath();
switch (args)
{
    // What measurements start this program for again.
    case [StoreFair.Command, var path]:
        await StoreFair.WriteAsync(path);
        return 0;
    case [ModelsStartup.Command, var timed]:
        return ModelsStartup.Time(timed);
    case [StreamLarge.Command, var path]:
        await StreamLarge.StoreAsync(path);
        return 0;
    case [BundleLarge.Command, var path]:
        await BundleLarge.ExportAsync(path);
        return 0;
}
if (args is not ["ratios", ..])
    return Fail(Usage);
for (var i = 1; i < args.Length; i += 2)
{
    if (i + 1 == args.Length)
        return Fail($"{args[i]} wants a value\n{Usage}");
    switch (args[i])
    {
        case "--only":
            only = args[i + 1];
            break;
        case "--json":
            json = args[i + 1];
            break;
        case "--directory":
            directory = Path.GetFullPath(args[i + 1]);
            break;
        case "--models":
            ModelsFile.Path = Path.GetFullPath(args[i + 1]);
            break;
        default:
            return Fail($"{args[i]} is unknown\n{Usage}");
    }
}
var selected = ratios.Where(r => only is null || r.Name.StartsWith(only, StringComparison.Ordinal)).ToArray();
if (selected.Length == 0)
    return Fail($"no ratio begins with '{only}'; there are {string.Join(", ", ratios.Select(r => r.Name))}");

Console.WriteLine($"{"name", -18}{"value", 10}  {"unit", -10}{"goal", -10}{"holds", -7}baseline");
var results = new List<(Ratio Ratio, double Value)>();
foreach (var ratio in selected)
{
    var place = Directory.CreateDirectory(Path.Combine(directory, $"dossier-bench-{Environment.ProcessId}-{ratio.Name}")).FullName;
    try
    {
        var (value, notes) = await ratio.MeasureAsync(place);
        results.Add((ratio, value));
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{ratio.Name, -18}{value, 10:0.###}  {ratio.Unit, -10}{ratio.Goal, -10}{(ratio.Goal.Holds(value) ? "yes" : "NO"), -7}{ratio.Baseline}"
            )
        );
        foreach (var note in notes)
            Console.WriteLine($"    {note}");
    }
    finally
    {
        Directory.Delete(place, recursive: true);
    }
}

if (json is not null)
{
    using var file = File.Create(json);
    using var writer = new Utf8JsonWriter(file, new() { Indented = true });
    writer.WriteStartArray();
    foreach (var (ratio, value) in results)
    {
        writer.WriteStartObject();
        writer.WriteString("name", ratio.Name);
        writer.WriteNumber("value", value);
        writer.WriteString("unit", ratio.Unit);
        writer.WriteString("goal", ratio.Goal.ToString());
        writer.WriteBoolean("holds", ratio.Goal.Holds(value));
        writer.WriteEndObject();
    }
    writer.WriteEndArray();
}
return 0;

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 2;
}
