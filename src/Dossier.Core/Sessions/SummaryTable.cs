using System.Globalization;
using System.Text;

namespace Dossier;

/// <summary>Writes a summary as the table that a person reads. The same in every culture.</summary>
internal static class SummaryTable
{
    private const int LabelWidth = 12;

    public static string Format(SessionSummary summary)
    {
        var text = new StringBuilder();
        var session = summary.Session;
        Row("Session", session.Name is { } name ? $"{session.Id}  {name}" : session.Id);
        Row("Status", session.StatusReason is { } reason ? $"{Word(session.Status)}: {OneLine(reason)}" : Word(session.Status));
        Row("Age", Duration(summary.Age));
        if (session.Tags.Count > 0)
            Row("Tags", string.Join(", ", session.Tags));
        Row("Model", summary.DefaultModel is { } model ? model.ToString() : "no default");

        Rows("Artifacts", summary.Artifacts.Select(a => $"{a.Count, 4} × {a.ContentType}, {Bytes(a.Bytes)}"), "none");
        Rows(
            "Steps",
            summary.Steps.Select(s =>
                $"{s.Steps.Values.Sum(), 4} × {s.Name}: {string.Join(", ", s.Steps.Select(pair => $"{pair.Value} {Word(pair.Key)}"))}, {Number(s.Spent.Tokens.Total)} tokens, {Cost(s.Spent.Costs, s.Spent.Unpriced)}{(s.Spent.Attempts > s.Own.Attempts ? $" ({Number(s.Spent.Tokens.Total - s.Own.Tokens.Total)} tokens in steps within)" : "")}{(s.Repeated.Attempts > 0 ? $" ({Number(s.Repeated.Tokens.Total)} tokens, {Cost(s.Repeated.Costs, s.Repeated.Unpriced)} repeated)" : "")}"
            ),
            null
        );
        if (summary.Conversations is { Conversations: > 0 } said)
            Row(
                "Messages",
                $"{Number(said.Messages)} in {Number(said.Conversations)} {(said.Conversations == 1 ? "conversation" : "conversations")}"
            );
        Row(
            "Responses",
            summary.Responses.Count == 0 ? "none" : string.Join(", ", summary.Responses.Select(pair => $"{pair.Value} {Word(pair.Key)}"))
        );
        Row("Tokens", Tokens(summary.Tokens));
        Row("Cost", Cost(summary.Costs, summary.Unpriced));
        if (summary.Inherited is { } inherited)
            Row(
                "Inherited",
                $"{BudgetAmount.Count(inherited.Responses, "response")}, {Number(inherited.Spent.Tokens.Total)} tokens, {Cost(inherited.Spent.Costs, inherited.Spent.Unpriced)}{(session.ForkedFrom is { } from ? $", from {from.SessionId}" : "")}"
            );
        if (summary.Replayed > 0)
            Row(
                "Replayed",
                $"{Number(summary.Replayed)} of {Number(summary.Wasted.Attempts + summary.Useful.Attempts)} attempts, for nothing"
            );
        if (summary.Wasted is { Attempts: > 0 } wasted)
            Row(
                "Wasted",
                $"{wasted.Attempts} of {wasted.Attempts + summary.Useful.Attempts} attempts, {Number(wasted.Tokens.Total)} tokens, {Cost(wasted.Costs, wasted.Unpriced)}"
            );
        if (summary.Errors.Groups.Count > 0)
            Row("Failures", summary.Errors.Line);
        if (summary.Redactions.Count > 0)
            Row("Redacted", string.Join(", ", summary.Redactions));
        if (summary.Budget.Limits is not null || summary.Budget.Holds.Count > 0)
            Row("Budget", summary.Budget.ToString());
        Rows(
            "Calls",
            summary.Models.Select(m => $"{m.Responses, 4} × {m.Model}, {Number(m.Tokens.Total)} tokens, {Cost(m.Costs, m.Unpriced)}"),
            null
        );
        Rows("Slowest", summary.Slowest.Select(r => $"{Duration(r.Duration ?? default), 8}  {r.Subject} ({r.Id})"), null);
        Rows("Failed", summary.Failed.Select(r => $"{r.Subject} {Word(r.Outcome)}: {OneLine(r.Error ?? "no message")} ({r.Id})"), null);
        return text.ToString().TrimEnd();

        void Row(string label, string value) => text.Append(label.PadRight(LabelWidth)).Append(value).Append('\n');

        void Rows(string label, IEnumerable<string> values, string? none)
        {
            var first = true;
            foreach (var value in values)
            {
                Row(first ? label : "", value);
                first = false;
            }
            if (first && none is not null)
                Row(label, none);
        }
    }

    private static string Tokens(TokenUsage tokens)
    {
        if (tokens.Total == 0)
            return "0";
        var classes = new (string Name, long Count)[]
        {
            ("input", tokens.Input),
            ("cached input", tokens.CachedInput),
            ("cache write", tokens.CacheWrite),
            ("cache write for an hour", tokens.CacheWrite1h),
            ("audio input", tokens.AudioInput),
            ("cached audio input", tokens.CachedAudioInput),
            ("output", tokens.Output),
            ("reasoning", tokens.Reasoning),
            ("audio output", tokens.AudioOutput),
        };
        return $"{Number(tokens.Total)} ({string.Join(", ", classes.Where(c => c.Count > 0).Select(c => $"{Number(c.Count)} {c.Name}"))})";
    }

    public static string Cost(IReadOnlyDictionary<string, decimal> costs, int unpriced)
    {
        var priced = string.Join(" + ", costs.Select(pair => $"{Amount(pair.Value)} {pair.Key}"));
        return (priced.Length, unpriced) switch
        {
            (0, 0) => "nothing",
            (0, _) => $"unknown ({unpriced} unpriced)",
            (_, 0) => priced,
            _ => $"{priced} + {unpriced} unpriced",
        };
    }

    private static string Amount(decimal amount) => amount.ToString("0.00######", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) =>
        bytes switch
        {
            < 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
            < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
            < 1024L * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):0.0} MiB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024 * 1024):0.0} GiB"),
        };

    private static string Duration(TimeSpan time) =>
        time switch
        {
            { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
            { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
            { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
            { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Hours} h {time.Minutes} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
        };

    public static string OneLine(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 120 ? line : string.Concat(line.AsSpan(0, 119), "…");
    }

    private static string Word(SessionStatus status) => status.ToString().ToLowerInvariant();

    private static string Word(StepStatus status) => status.ToString().ToLowerInvariant();

    private static string Word(ResponseOutcome outcome) =>
        outcome == ResponseOutcome.InProgress ? "in progress" : outcome.ToString().ToLowerInvariant();
}
