using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>
/// What an artifact depends on, or what depends on it: artifacts, values, steps and responses, and how they hang together.
/// <see cref="ToString"/> is the Markdown that a person reads.
/// </summary>
public sealed record Explanation
{
    /// <summary>Whether it leads from the artifact to what is behind it, or to what was made with it.</summary>
    public required ExplanationDirection Direction { get; init; }

    /// <summary>Everything in it; the artifact itself is the first, and the others follow from near to far.</summary>
    public required IReadOnlyList<ExplanationNode> Nodes { get; init; }

    /// <summary>How they hang together; each leads from what depends to what it depends on, in both directions of an explanation.</summary>
    public required IReadOnlyList<ExplanationLink> Links { get; init; }

    /// <summary>How many links lead to nodes beyond <see cref="ExplainOptions.MaxNodes"/>, and are left out; 0 when it is complete.</summary>
    public int LeftOut { get; init; }

    /// <summary>The session of the artifact, as it was when this was read: its owner, its name, the version of the application that made it.</summary>
    public required SessionInfo Session { get; init; }

    /// <summary>The artifact.</summary>
    [JsonIgnore]
    public ArtifactRecord Artifact => ((ArtifactNode)Nodes[0]).Record!;

    /// <summary>The responses in it.</summary>
    [JsonIgnore]
    public IEnumerable<TrackedResponse> Responses => Nodes.OfType<ResponseNode>().Select(node => node.Record).OfType<TrackedResponse>();

    /// <summary>What all attempts of all responses in it took.</summary>
    [JsonIgnore]
    public AttemptTotals Spent
    {
        get
        {
            var tally = new AttemptTally();
            foreach (var attempt in Responses.SelectMany(ResponseTotals.AttemptsOf))
                tally.Add(attempt, isOfModel: attempt.Provider.Length > 0);
            return tally.OfAttempts();
        }
    }

    /// <summary>The explanation as Markdown: what there is in a line, a graph (Mermaid), and a section for each artifact, value, step and response. The same in every culture.</summary>
    public string ToMarkdown() => ExplanationMarkdown.Format(this);

    /// <summary>
    /// The explanation as W3C PROV in JSON (https://www.w3.org/submissions/prov-json/): artifacts and values are entities, steps and
    /// responses are activities; models, processes and the session's owner are agents. Without content.
    /// </summary>
    public string ToProvJson() => ProvJson.Format(this);

    /// <inheritdoc cref="ToMarkdown"/>
    public override string ToString() => ToMarkdown();
}

/// <summary>Where an explanation leads.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExplanationDirection>))]
public enum ExplanationDirection
{
    /// <summary>To what is behind the artifact.</summary>
    Origin,

    /// <summary>To what was made with the artifact.</summary>
    Impact,
}
