using System.Diagnostics;
using Dossier;
using Microsoft.Extensions.AI;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

// An application exports to a collector instead, with AddOtlpExporter() of OpenTelemetry.Exporter.OpenTelemetryProtocol.
var spans = new List<Activity>();
var metrics = new List<MetricSnapshot>();
string[] sources = ["Dossier", "Experimental.Microsoft.Extensions.AI"];
using var traces = Sdk.CreateTracerProviderBuilder().AddSource(sources).AddInMemoryExporter(spans).Build();
using var measurements = Sdk.CreateMeterProviderBuilder().AddMeter(sources).AddInMemoryExporter(metrics).Build();

await using var session = await Session.OpenAsync(new() { Name = "Telemetry", Model = "local/extractive" });
await session.GetChatClient().GetResponseAsync("Summarise: The pump failed at noon. It was repaired by one. The cause was a worn seal.");
var response = await session.Responses.ListAsync().SingleAsync();

Console.WriteLine($"response {response.Id} is span {response.SpanId} of trace {response.TraceId}");
var root = spans.Single(span => span.SpanId.ToHexString() == response.SpanId);
Console.WriteLine($"span {root.SpanId} is response {root.GetTagItem("dossier.response.id")}");
Print(root, 0);

measurements.ForceFlush();
foreach (var metric in metrics.Where(metric => metric.Name.StartsWith("dossier.", StringComparison.Ordinal)))
    Console.WriteLine($"{metric.Name} in {metric.Unit}: {metric.MetricPoints.Count} series");

void Print(Activity span, int depth)
{
    Console.WriteLine($"{new string(' ', depth * 2)}{span.DisplayName} {span.GetTagItem("dossier.outcome")}".TrimEnd());
    foreach (var child in spans.Where(child => child.ParentSpanId == span.SpanId))
        Print(child, depth + 1);
}
