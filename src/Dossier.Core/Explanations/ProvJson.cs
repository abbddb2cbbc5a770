using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>Writes an explanation as PROV-JSON (W3C Member Submission, 24 April 2013), in the terms of PROV-DM.</summary>
internal sealed class ProvJson : IDisposable
{
    private const string Prefix = "dossier";

    private readonly Explanation _explanation;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;
    private readonly Dictionary<string, ExplanationNode> _nodes;
    private readonly SortedDictionary<string, (string Type, string Label)> _agents = new(StringComparer.Ordinal);
    private readonly List<(string Activity, string Agent)> _associations = [];

    private ProvJson(Explanation explanation)
    {
        _explanation = explanation;
        _json = new(
            _buffer,
            new()
            {
                Indented = true,
                NewLine = "\n",
                Encoder = JsonText.Options.Encoder,
            }
        );
        _nodes = explanation.Nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
    }

    public static string Format(Explanation explanation)
    {
        using var prov = new ProvJson(explanation);
        prov.Write();
        return Encoding.UTF8.GetString(prov._buffer.WrittenSpan) + "\n";
    }

    private void Write()
    {
        _json.WriteStartObject();
        _json.WriteStartObject("prefix");
        _json.WriteString(Prefix, "urn:dossier:");
        _json.WriteEndObject();
        Entities();
        Activities();
        Agents();
        Relations();
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Dispose() => _json.Dispose();

    private void Entities()
    {
        _json.WriteStartObject("entity");
        foreach (var node in _explanation.Nodes)
        {
            if (node is not (ArtifactNode or ValueNode))
                continue;
            _json.WriteStartObject(Name(node.Id));
            _json.WriteString("prov:label", node.ToString());
            Type(node is ArtifactNode ? "Artifact" : "Value");
            if (node is ArtifactNode { Record: { } artifact })
            {
                _json.WriteString("dossier:digest", artifact.Digest.ToString());
                _json.WriteString("dossier:contentType", artifact.ContentType);
                _json.WriteNumber("dossier:size", artifact.Size);
                _json.WriteString("dossier:role", artifact.Role.ToString());
                Time("dossier:storedAt", artifact.CreatedAt);
            }
            else if (node is ValueNode value)
                _json.WriteString("dossier:digest", value.Digest.ToString());
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
    }

    private void Activities()
    {
        _json.WriteStartObject("activity");
        foreach (var node in _explanation.Nodes)
        {
            if (node is StepNode step)
                Activity(step);
            else if (node is ResponseNode response)
                Activity(response);
        }
        _json.WriteEndObject();
    }

    private void Activity(StepNode node)
    {
        _json.WriteStartObject(Name(node.Id));
        _json.WriteString("prov:label", node.ToString());
        Type("Step");
        if (node.Record is { } step)
        {
            if (step.Attempts is [var first, ..] and [.., var last])
            {
                Time("prov:startTime", first.StartedAt);
                if (last.Duration is { } duration)
                    Time("prov:endTime", last.StartedAt + duration);
                foreach (var owner in step.Attempts.Select(attempt => attempt.Owner).Distinct(StringComparer.Ordinal))
                    Associate(node, $"process/{owner}", "SoftwareAgent", owner);
            }
            _json.WriteString("dossier:status", step.Status.ToString());
        }
        _json.WriteEndObject();
    }

    private void Activity(ResponseNode node)
    {
        _json.WriteStartObject(Name(node.Id));
        _json.WriteString("prov:label", node.ToString());
        Type("Response");
        if (node.Record is { } response)
        {
            Time("prov:startTime", response.StartedAt);
            if (response.Duration is { } duration)
                Time("prov:endTime", response.StartedAt + duration);
            _json.WriteString("dossier:outcome", response.Outcome.ToString());
            _json.WriteNumber("dossier:attempts", response.Attempts.Count);
            if (response.Usage is { } usage)
                _json.WriteNumber("dossier:tokens", usage.Total);
            if (response.Cost is { } cost)
            {
                _json.WriteString("dossier:cost", cost.ToString());
                _json.WriteString("dossier:priceSource", cost.PriceSource.ToString());
            }
            if (response.ServedProvider is { } provider && (response.ServedModel ?? response.RequestedModel) is { } model)
                Associate(node, $"model/{provider}/{model}", "SoftwareAgent", $"{provider}/{model}");
            if (response.ApplicationVersion is { } version)
                Associate(node, $"application/{version}", "SoftwareAgent", version);
        }
        _json.WriteEndObject();
    }

    private void Agents()
    {
        if (_explanation.Session.Owner is { } owner)
            foreach (
                var node in _explanation.Nodes.Where(node => node is StepNode or ResponseNode && node.SessionId == _explanation.Session.Id)
            )
                Associate(node, $"owner/{owner}", "Agent", owner);
        _json.WriteStartObject("agent");
        foreach (var (id, (type, label)) in _agents)
        {
            _json.WriteStartObject(Name(id));
            _json.WriteString("prov:label", label);
            _json.WriteString("prov:type", $"prov:{type}");
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
    }

    private void Relations()
    {
        var links = _explanation.Links;
        Relation(
            "wasGeneratedBy",
            "prov:entity",
            "prov:activity",
            links,
            ExplanationRelation.AnswerOf,
            ExplanationRelation.ResultOf,
            ExplanationRelation.StoredIn
        );
        Relation(
            "used",
            "prov:activity",
            "prov:entity",
            links,
            ExplanationRelation.Sent,
            ExplanationRelation.Given,
            ExplanationRelation.Read
        );
        Relation(
            "wasInformedBy",
            "prov:informed",
            "prov:informant",
            links,
            ExplanationRelation.MadeIn,
            ExplanationRelation.Continues,
            ExplanationRelation.Replays
        );
        Relation("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity", links, ExplanationRelation.TakenFrom);
        Relation("wasInfluencedBy", "prov:influencee", "prov:influencer", links, ExplanationRelation.MadeWith);
        Relation("wasAssociatedWith", "prov:activity", "prov:agent", [.. _associations.Select(pair => (pair.Activity, pair.Agent, ""))]);
    }

    private void Relation(
        string name,
        string from,
        string to,
        IReadOnlyList<ExplanationLink> links,
        params ReadOnlySpan<ExplanationRelation> relations
    )
    {
        var rows = new List<(string, string, string)>();
        foreach (var link in links)
            if (relations.Contains(link.Relation))
                rows.Add((link.From, link.To, link.Relation.ToString()));
        Relation(name, from, to, rows);
    }

    private void Relation(string name, string from, string to, List<(string From, string To, string Role)> rows)
    {
        if (rows.Count == 0)
            return;
        _json.WriteStartObject(name);
        for (var i = 0; i < rows.Count; i++)
        {
            _json.WriteStartObject(string.Create(CultureInfo.InvariantCulture, $"_:{name}{i + 1}"));
            _json.WriteString(from, Name(rows[i].From));
            _json.WriteString(to, Name(rows[i].To));
            if (rows[i].Role.Length > 0)
                _json.WriteString("dossier:relation", rows[i].Role);
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
    }

    private void Associate(ExplanationNode node, string agent, string type, string label)
    {
        _agents[agent] = (type, label);
        _associations.Add((node.Id, agent));
    }

    private void Type(string type) => _json.WriteString("prov:type", $"{Prefix}:{type}");

    private void Time(string name, DateTimeOffset time) =>
        _json.WriteString(name, time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));

    private static string Name(string id) => $"{Prefix}:{Uri.EscapeDataString(id)}";
}
