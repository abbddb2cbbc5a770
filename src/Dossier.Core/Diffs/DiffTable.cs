using System.Globalization;
using System.Text;

namespace Dossier;

/// <summary>Writes a diff as a person reads it. The same in every culture.</summary>
internal static class DiffTable
{
    public static string Format(SessionDiff diff)
    {
        var text = new StringBuilder();
        Line($"{Name(diff.Left)} → {Name(diff.Right)}");
        Line(Totals("before", diff.LeftTotals));
        Line(Totals("after", diff.RightTotals));
        if (diff.IsSame)
            Line("Steps, prompts, outputs and artifacts are the same.");
        if (diff.Steps.Count > 0)
            Line($"Steps      {Counts(diff.Steps.Select(step => step.Kind))}, {Number(diff.Steps.Count(step => step.IsReused))} reused");
        foreach (var step in diff.Steps.Where(step => step.Kind is not DiffKind.Same))
        {
            Line($"{Sign(step.Kind)} step {step.Name}{Changes((step.InputsChanged, "inputs"), (step.ResultChanged, "result"))}");
            Add("result", step.Result);
        }
        Line($"Responses  {Counts(diff.Responses.Select(response => response.Kind))}, {Number(diff.SharedResponses)} shared");
        foreach (var response in diff.Responses.Where(response => response.Kind is not DiffKind.Same))
        {
            Line(
                $"{Sign(response.Kind)} response {Subject(response)}{Changes((response.ModelChanged, "model"), (response.OutcomeChanged, "outcome"), (response.Prompt is not null, "prompt"), (response.Options is not null, "options"), (response.Output is not null, "output"))}"
            );
            Line($"    {Took(response.Left, response.Right)}");
            Add("prompt", response.Prompt);
            Add("options", response.Options);
            Add("output", response.Output);
        }
        Line($"Artifacts  {Counts(diff.Artifacts.Select(artifact => artifact.Kind))}, {Number(diff.SameArtifacts)} shared");
        foreach (var artifact in diff.Artifacts)
        {
            Line(
                $"{Sign(artifact.Kind)} artifact {artifact.Name}: {Pair(Content(artifact.Left), Content(artifact.Right))}{(artifact.Metadata.Count == 0 ? "" : $"; metadata {string.Join(", ", artifact.Metadata)}")}"
            );
            Add("content", artifact.Content);
        }
        return text.ToString().TrimEnd('\n');

        void Line(string line) => text.Append(line).Append('\n');

        void Add(string what, TextDiff? lines)
        {
            if (lines is null)
                return;
            Line($"    {what}: -{Number(lines.Removed)} +{Number(lines.Added)}");
            foreach (var line in lines.ToString().Split('\n'))
                Line($"      {line}");
        }
    }

    private static string Name(SessionInfo session) => session.Name is { } name ? $"{session.Id} ({name})" : session.Id;

    private static string Totals(string what, DiffTotals totals) =>
        $"{what, -10} {BudgetAmount.Count(totals.Responses, "response")}{(totals.Inherited > 0 ? $" ({Number(totals.Inherited)} inherited)" : "")}, {Number(totals.Spent.Tokens.Total)} tokens, {SummaryTable.Cost(totals.Spent.Costs, totals.Spent.Unpriced)}, {Seconds(totals.Duration)}";

    private static string Counts(IEnumerable<DiffKind> kinds)
    {
        var counts = kinds.CountBy(kind => kind).ToDictionary();
        return string.Join(
            ", ",
            new[] { DiffKind.Same, DiffKind.Changed, DiffKind.Added, DiffKind.Removed }.Select(kind =>
                $"{Number(counts.GetValueOrDefault(kind))} {kind.ToString().ToLowerInvariant()}"
            )
        );
    }

    private static string Sign(DiffKind kind) =>
        kind switch
        {
            DiffKind.Added => "+",
            DiffKind.Removed => "-",
            _ => "~",
        };

    private static string Changes(params ReadOnlySpan<(bool IsChanged, string What)> parts)
    {
        var changed = new List<string>();
        foreach (var (isChanged, what) in parts)
            if (isChanged)
                changed.Add(what);
        return changed.Count == 0 ? "" : $": {string.Join(", ", changed)}";
    }

    private static string Subject(ResponseDiff response)
    {
        var subject = Pair(Subject(response.Left), Subject(response.Right));
        return response.Step is { } step ? $"{subject} in step {step}" : subject;
    }

    private static string? Subject(TrackedResponse? response) =>
        response is null
            ? null
            : response.Key
                ?? (
                    response.Provider is null ? "response"
                    : response.ServedModel is { } served && served != response.RequestedModel
                        ? $"{response.Provider}/{response.RequestedModel} ({served})"
                    : $"{response.Provider}/{response.RequestedModel}"
                );

    private static string Took(TrackedResponse? left, TrackedResponse? right) =>
        string.Join(
            ", ",
            Pair(Tokens(left), Tokens(right)) + " tokens",
            Pair(Cost(left), Cost(right)),
            Pair(Duration(left), Duration(right)),
            Pair(left?.Outcome.ToString().ToLowerInvariant(), right?.Outcome.ToString().ToLowerInvariant())
        );

    private static string? Tokens(TrackedResponse? response) => response is null ? null : Number(response.Usage?.Total ?? 0);

    private static string? Cost(TrackedResponse? response) =>
        response is null ? null
        : response.Cost is { } cost ? SummaryTable.Cost(new Dictionary<string, decimal> { [cost.Currency] = cost.Amount }, 0)
        : response.IsReplayed ? "nothing"
        : "unpriced";

    private static string? Duration(TrackedResponse? response) => response is null ? null : Seconds(response.Duration ?? TimeSpan.Zero);

    private static string? Content(ArtifactRecord? artifact) =>
        artifact is null
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{artifact.ContentType}, {artifact.Size:N0} bytes, {artifact.Digest.ToString()[..19]}…"
            );

    /// <summary>Both, where they differ.</summary>
    private static string Pair(string? left, string? right) =>
        left is null || right is null || left == right ? right ?? left ?? "" : $"{left} → {right}";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
