using System.Text.Json.Nodes;

namespace Dossier.Tests.Wire;

/// <summary>One request as it came over the wire.</summary>
internal sealed record WireRequest(string Method, string PathAndQuery, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>A header's value, or null when it was not sent. Names are compared without case.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The body with its members in order of their names and without white space, so that it can be compared as text.</summary>
    public string CanonicalBody => Canonical(Body);

    /// <summary>Any JSON in that form.</summary>
    public static string Canonical(string json) => Sort(JsonNode.Parse(json))?.ToJsonString() ?? "null";

    private static JsonNode? Sort(JsonNode? node) =>
        node switch
        {
            JsonObject members => new JsonObject(
                members
                    .OrderBy(member => member.Key, StringComparer.Ordinal)
                    .Select(member => KeyValuePair.Create(member.Key, Sort(member.Value)))
            ),
            JsonArray items => new JsonArray([.. items.Select(Sort)]),
            _ => node?.DeepClone(),
        };
}
