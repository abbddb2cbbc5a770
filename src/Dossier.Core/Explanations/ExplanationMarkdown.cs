using System.Globalization;
using System.Text;

namespace Dossier;

/// <summary>Writes an explanation as Markdown. The same in every culture.</summary>
internal sealed class ExplanationMarkdown
{
    private readonly StringBuilder _text = new();

    private ExplanationMarkdown() { }

    public static string Format(Explanation explanation)
    {
        var markdown = new ExplanationMarkdown();
        markdown.Head(explanation);
        markdown.Line("```mermaid").Line(ExplanationMermaid.Format(explanation)).Line("```");
        for (var i = 0; i < explanation.Nodes.Count; i++)
            markdown.Section(i + 1, explanation.Nodes[i]);
        return markdown._text.ToString().TrimEnd() + "\n";
    }

    private void Head(Explanation explanation)
    {
        var artifact = explanation.Artifact;
        var what = explanation.Direction is ExplanationDirection.Origin ? "What is behind" : "What was made with";
        Line($"# {what} {Inline(artifact.Name)} v{artifact.Version}").Line();
        var session = explanation.Session;
        Item("Session", session.Name is { } name ? $"{session.Id}, {Inline(name)}" : session.Id);
        Item("Owner", session.Owner is { } owner ? Inline(owner) : null);
        Item("Application", session.ApplicationVersion is { } version ? Inline(version) : null);
        if (explanation.Links.Count == 0 && explanation.LeftOut == 0)
        {
            // Totals of nothing would say that it took nothing.
            var nothing = explanation.Direction is ExplanationDirection.Origin ? "leads to it" : "was made with it";
            Line().Line($"Nothing that was recorded {nothing}; docs/explain.md says what is linked to what, and how.").Line();
            return;
        }
        var spent = explanation.Spent;
        Item(
            "Took",
            $"{BudgetAmount.Count(explanation.Responses.Count(), "response")}, {BudgetAmount.Count(spent.Attempts, "attempt")}, {BudgetAmount.Count(spent.Tokens.Total, "token")}, {SummaryTable.Cost(spent.Costs, spent.Unpriced)}"
        );
        if (explanation.LeftOut > 0)
            Item(
                "Left out",
                $"{BudgetAmount.Count(explanation.LeftOut, "link")} beyond {BudgetAmount.Count(explanation.Nodes.Count, "node")}"
            );
        Line();
    }

    private void Section(int number, ExplanationNode node)
    {
        Line().Line($"## {number}. {Inline(node.ToString()!)}").Line();
        switch (node)
        {
            case ArtifactNode { Record: { } artifact }:
                Artifact(artifact);
                break;
            case ValueNode value:
                Item("Digest", value.Digest.ToString());
                Item("Size", value.Size is { } size ? BudgetAmount.Count(size, "byte") : "not there any more");
                Block(value.Json, value.Size > value.Json?.Length);
                break;
            case StepNode { Record: { } step }:
                Step(step);
                break;
            case ResponseNode { Record: { } response } call:
                Response(response, call.Prompt);
                break;
            default:
                Line("Not there any more.");
                break;
        }
    }

    private void Artifact(ArtifactRecord artifact)
    {
        Item("Id", artifact.Id);
        Item("Role", artifact.Role.ToString().ToLowerInvariant());
        Item("Content", $"{artifact.ContentType}, {BudgetAmount.Count(artifact.Size, "byte")}, {artifact.Digest}");
        Item("Stored", Time(artifact.CreatedAt));
        Item("In the trash", artifact.TrashedAt is { } at ? $"since {Time(at)}" : null);
        Item("Redacted", artifact.Redactions.Count == 0 ? null : string.Join(", ", artifact.Redactions));
    }

    private void Step(StepRecord step)
    {
        Item("Key", step.Key.ToString());
        Item("Version", step.Version is { } version ? Inline(version) : null);
        Item("Status", step.Status.ToString().ToLowerInvariant());
        foreach (var attempt in step.Attempts)
            Item(
                $"Run {attempt.Number}",
                $"{Words(attempt.Reason.ToString())}, by {Inline(attempt.Owner)}, {Time(attempt.StartedAt)}{Took(attempt.Duration)}: {Words(attempt.Outcome.ToString())}{Said(attempt.Error)}"
            );
    }

    private void Response(TrackedResponse response, IReadOnlyList<ExplainedMessage> prompt)
    {
        Item("Id", response.Id);
        Item("Asked", response.Provider is { } provider ? $"{provider}/{response.RequestedModel}" : null);
        Item("Served by", response.ServedModel is { } served ? $"{response.ServedProvider}/{served}" : null);
        Item("Outcome", $"{Words(response.Outcome.ToString())}{Said(response.Error)}, {Time(response.StartedAt)}{Took(response.Duration)}");
        Item("Application", response.ApplicationVersion is { } version ? Inline(version) : null);
        Item("Tokens", response.Usage is { } usage ? $"{Number(usage.TotalInput)} in, {Number(usage.TotalOutput)} out" : null);
        Item("Cost", response.Cost is { } cost ? $"{cost} at the price of {Inline(cost.PriceSource.ToString())}" : null);
        foreach (var attempt in response.Attempts)
            Item(
                $"Attempt {attempt.Number}",
                $"{Words(attempt.Reason.ToString())} of call {attempt.ModelCall}, {attempt.Provider}/{attempt.RequestedModel}{Took(attempt.Duration)}: {Words(attempt.Outcome.ToString())}{Said(attempt.Error)}{Because(attempt.Cause)}{Priced(attempt)}"
            );
        foreach (var tool in response.ToolCalls)
            Item($"Tool {Inline(tool.Name)}", $"{Words(tool.Outcome.ToString())}{Took(tool.Duration)}{Said(tool.Error)}");
        foreach (var message in prompt)
        {
            Line()
                .Line(
                    $"**{Inline(message.Role ?? "message")}** ({(message.Role is null ? "not there" : $"{Number(message.Length)} characters")}, {message.Content})"
                );
            Block(message.Text, message.Length > message.Text.Length);
            foreach (var data in message.Data)
                Item("With", data.ToString());
        }
    }

    private void Item(string label, string? value)
    {
        if (value is not null)
            Line($"- {label}: {value}");
    }

    /// <summary>Text as it is: the fence is longer than any run of backticks in it.</summary>
    private void Block(string? text, bool isCut)
    {
        if (string.IsNullOrEmpty(text))
            return;
        var longest = 0;
        var run = 0;
        foreach (var character in text)
        {
            run = character == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }
        var fence = new string('`', Math.Max(3, longest + 1));
        Line().Line(fence).Line(text.ReplaceLineEndings("\n") + (isCut ? "…" : "")).Line(fence);
    }

    private ExplanationMarkdown Line(string text = "")
    {
        _text.Append(text).Append('\n');
        return this;
    }

    /// <summary>Text within a line: what Markdown would take for its own is escaped.</summary>
    private static string Inline(string text)
    {
        var line = new StringBuilder();
        foreach (var character in SummaryTable.OneLine(text))
            (character is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#' or '&' ? line.Append('\\') : line).Append(
                character
            );
        return line.ToString();
    }

    private static string Said(ResponseError? error) => error is null ? "" : $" ({error.Kind}: {Inline(error.Message)})";

    private static string Because(ResponseError? cause) => cause is null ? "" : $", because of {cause.Kind}";

    private static string Priced(Attempt attempt) =>
        attempt.ReplayedFrom is { } origin ? $", replayed from {origin.ResponseId} of {Inline(origin.SessionId)}"
        : attempt.Cost is { } cost ? $", {cost} ({Inline(cost.PriceSource.ToString())})"
        : attempt.HasContent ? ", unpriced"
        : "";

    private static string Took(TimeSpan? duration) =>
        duration is { } time ? string.Create(CultureInfo.InvariantCulture, $", {time.TotalSeconds:0.###} s") : "";

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The words of a name in camel case: <c>ReadsChanged</c> is <c>reads changed</c>.</summary>
    private static string Words(string name) =>
        string.Concat(
            name.Select(
                (letter, i) =>
                    i > 0 && char.IsUpper(letter) ? " " + char.ToLowerInvariant(letter) : char.ToLowerInvariant(letter).ToString()
            )
        );
}
