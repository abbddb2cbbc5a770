using System.Text.Json;

namespace Dossier.Benchmarks.Models;

/// <summary>The file that is imported: the one that <c>--models</c> names, else that of models.dev beside the repository, else one of its shape and size.</summary>
internal static class ModelsFile
{
    private const int Providers = 147;
    private const int ModelsOfEach = 36;

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
        return Generate();
    }

    /// <summary>About as many providers, models and bytes as the real one.</summary>
    private static byte[] Generate()
    {
        var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            for (var provider = 0; provider < Providers; provider++)
            {
                json.WriteStartObject($"provider-{provider}");
                json.WriteStartObject("models");
                for (var model = 0; model < ModelsOfEach; model++)
                {
                    json.WritePropertyName($"family/model-{model}");
                    json.WriteRawValue(Record(provider * ModelsOfEach + model));
                }
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static string Record(int n)
    {
        var random = new Random(n);
        var (context, price) = (1 << random.Next(13, 20), random.Next(1, 500));
        var (tools, reasoning, image) = (Flag(random), Flag(random), random.Next(2) == 0 ? "" : ",\"image\"");
        return $$$"""
            {"attachment":false,"cost":{"cache_read":0.{{{price:D4}}},"input":{{{price}}}e-2,"output":{{{price}}}e-1},"family":"family-{{{n
                % 90}}}",
            "id":"family/model-{{{n % ModelsOfEach}}}","knowledge":"2025-03","last_updated":"2025-08-07",
            "limit":{"context":{{{context}}},"output":{{{context / 4}}}},"modalities":{"input":["text"{{{image}}}],"output":["text"]},
            "name":"Model number {{{n}}}","open_weights":true,"reasoning":{{{reasoning}}},"reasoning_options":[{"type":"effort","values":["low","medium","high"]}],
            "release_date":"2025-08-07","structured_output":true,"temperature":true,"tool_call":{{{tools}}}}
            """;
    }

    private static string Flag(Random random) => random.Next(2) == 0 ? "false" : "true";
}
