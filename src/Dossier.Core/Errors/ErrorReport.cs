using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>
/// What went wrong in a session, and what that took. Serialisable with System.Text.Json; <see cref="ToString"/> is what a person reads. What
/// its callers cancelled is no failure, and not in it.
/// </summary>
public sealed record ErrorReport
{
    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>How many responses it was made of.</summary>
    public required int Responses { get; init; }

    /// <summary>How many answers came although attempts or tools had failed on the way.</summary>
    public required int Recovered { get; init; }

    /// <summary>How many answers never came, or not to their end: responses that failed or were interrupted.</summary>
    public required int Lost { get; init; }

    /// <summary>What was spent for nothing: all attempts of answers that were lost, and the failed attempts of the others.</summary>
    public required AttemptTotals Wasted { get; init; }

    /// <summary>The failures, those of one source, kind, model and step together; the most frequent first.</summary>
    public required IReadOnlyList<FailureGroup> Groups { get; init; }

    /// <summary>How many failures there were.</summary>
    [JsonIgnore]
    public int Failures => Groups.Sum(group => group.Count);

    /// <summary>The failures in one line.</summary>
    internal string Line =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Failures:N0} ({string.Join(", ", Kinds())}); {Recovered:N0} recovered, {Lost:N0} lost"
        );

    /// <summary>A headline, what was lost, and two lines for each group. The same in every culture.</summary>
    public override string ToString()
    {
        if (Groups.Count == 0)
            return $"No failures in {BudgetAmount.Count(Responses, "response")}";
        var text = new StringBuilder();
        var ofSteps = Groups.Where(group => group.Source is FailureSource.Step).Sum(group => group.Count);
        var responses = BudgetAmount.Count(Responses, "response");
        text.Append(
            CultureInfo.InvariantCulture,
            $"{BudgetAmount.Count(Failures, "failure")}{(ofSteps == 0 ? $" in {responses}" : $" ({Failures - ofSteps:N0} in {responses}, {ofSteps:N0} in steps)")}: {Recovered:N0} recovered, {Lost:N0} lost\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"Spent for nothing: {Wasted.Tokens.Total:N0} tokens, {SummaryTable.Cost(Wasted.Costs, Wasted.Unpriced)}"
        );
        foreach (var group in Groups)
            text.Append('\n').Append(group);
        return text.ToString();
    }

    private IEnumerable<string> Kinds() =>
        Groups
            .GroupBy(group => group.Name, StringComparer.Ordinal)
            .Select(kind => (Name: kind.Key, Count: kind.Sum(group => group.Count)))
            .OrderByDescending(kind => kind.Count)
            .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Count:N0} × {kind.Name}"));
}

/// <summary>Failures of one source, kind, model and step.</summary>
public sealed record FailureGroup
{
    /// <summary>What failed.</summary>
    public required FailureSource Source { get; init; }

    /// <summary>What kind of failure it was.</summary>
    public required ProviderErrorKind Kind { get; init; }

    /// <summary>The full name of the exception's type where the kind does not say more; otherwise null.</summary>
    public string? Type { get; init; }

    /// <summary>The model as <c>provider/model</c>, the tool's or the step's name, or the key that a response of the caller's own was tracked under.</summary>
    public required string Subject { get; init; }

    /// <summary>The name of the step in which it happened; null outside of steps.</summary>
    public string? Step { get; init; }

    /// <summary>How often it happened: attempts of models, calls of tools, runs of steps.</summary>
    public required int Count { get; init; }

    /// <summary>How many of the attempts were followed by another one of the same model.</summary>
    public int Retried { get; init; }

    /// <summary>How many of the attempts were followed by one of another model.</summary>
    public int FellBack { get; init; }

    /// <summary>How many of them belong to answers that were lost.</summary>
    public int Lost { get; init; }

    /// <summary>When it happened first, UTC.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>When it happened last, UTC.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>What the failed attempts took.</summary>
    public required AttemptTotals Wasted { get; init; }

    /// <summary>What the latest one said; secrets are masked.</summary>
    public required string Message { get; init; }

    /// <summary>The response of the latest one; null for a step.</summary>
    public string? ResponseId { get; init; }

    /// <summary>The kind, or the exception where the kind is not known.</summary>
    [JsonIgnore]
    internal string Name => Type is { } type ? type[(type.LastIndexOf('.') + 1)..] : Kind.ToString();

    /// <summary>How often what failed and what came of it, and on a second line what it said.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Count, 5:N0} × {Name}, {(Source is FailureSource.Model ? "" : $"{Source.ToString().ToLowerInvariant()} ")}{Subject}"
        );
        if (Step is not null)
            text.Append(CultureInfo.InvariantCulture, $", in step {Step}");
        (int Count, string What)[] parts = [(Retried, "retried"), (FellBack, "fell back"), (Lost, "lost")];
        if (parts.Any(part => part.Count > 0))
            text.Append(": ").AppendJoin(", ", parts.Where(part => part.Count > 0).Select(part => $"{part.Count} {part.What}"));
        text.Append(CultureInfo.InvariantCulture, $"; {FirstSeen:yyyy-MM-dd HH:mm:ss}");
        if (LastSeen != FirstSeen)
            text.Append(CultureInfo.InvariantCulture, $" to {LastSeen:yyyy-MM-dd HH:mm:ss}");
        text.Append("\n        ").Append(SummaryTable.OneLine(Message));
        return text.ToString();
    }
}

/// <summary>What failed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FailureSource>))]
public enum FailureSource
{
    /// <summary>An attempt of a model call.</summary>
    Model,

    /// <summary>A tool that a model asked for.</summary>
    Tool,

    /// <summary>
    /// A response as a whole, when it was lost to something else than a failure of its attempts and tools: nothing was sent, its time was up, a
    /// redactor failed, or it did not go through a chat client.
    /// </summary>
    Response,

    /// <summary>A run of a step's body.</summary>
    Step,
}
