using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What the suites of queries share.</summary>
public abstract class ArtifactQuerySuite<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    protected static MetadataCondition Condition(string name, MetadataComparison comparison, string values)
    {
        object?[] elements = [.. JsonElement.Parse(values).EnumerateArray().Select(value => (object?)value)];
        return comparison switch
        {
            MetadataComparison.Equal => MetadataCondition.EqualTo(name, elements[0]),
            MetadataComparison.NotEqual => MetadataCondition.NotEqualTo(name, elements[0]),
            MetadataComparison.In => MetadataCondition.In(name, elements),
            MetadataComparison.Exists => MetadataCondition.Exists(name),
            MetadataComparison.NotExists => MetadataCondition.NotExists(name),
            MetadataComparison.Less => MetadataCondition.LessThan(name, elements[0]!),
            MetadataComparison.AtMost => MetadataCondition.AtMost(name, elements[0]!),
            MetadataComparison.Greater => MetadataCondition.GreaterThan(name, elements[0]!),
            _ => MetadataCondition.AtLeast(name, elements[0]!),
        };
    }

    protected static Dictionary<string, JsonElement> Metadata(string json) =>
        JsonElement.Parse(json).EnumerateObject().ToDictionary(property => property.Name, property => property.Value);

    protected static string Names(IEnumerable<IReadOnlyList<ArtifactRecord>> pages) =>
        string.Join(',', pages.Select(page => string.Join(' ', page.Select(artifact => artifact.Name))));

    protected async Task<string> FindAsync(ArtifactQuery query) => Names([(await Records.QueryArtifactsAsync(SessionId, query)).Items]);
}
