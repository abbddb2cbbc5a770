using System.Text.RegularExpressions;

namespace Dossier.Tests.Repositories;

/// <summary>A storage that does not run all suites is not known to be one.</summary>
public sealed partial class StorageSuitesTests
{
    /// <summary>The suites that a storage cannot pass by its nature.</summary>
    private static readonly Dictionary<string, string[]> Exempt = new()
    {
        ["MemoryStorage"] = ["PersistenceConformance"], // it loses everything when it is disposed
    };

    /// <summary>What shows a part of another storage, or a file that is only read; a suite of its own tests it over each storage.</summary>
    private static readonly string[] Views = ["OwnerStorage", "BundleStorage"];

    [Fact]
    public void EveryStorage_RunsEverySuite()
    {
        var suites = Find("tests/Dossier.Conformance", Suite());
        var tests = Repository
            .Files("tests", "*.cs")
            .SelectMany(path => Test().Matches(File.ReadAllText(path)))
            .Select(it => it.Value)
            .ToList();

        foreach (var storage in Find("src", StorageClass()).Except(Views))
        {
            var run = tests
                .Where(test => test.StartsWith($"class {storage}", StringComparison.Ordinal))
                .Select(test => Test().Match(test).Groups["suite"].Value);
            run.Should().BeEquivalentTo(suites.Except(Exempt.GetValueOrDefault(storage) ?? []), "they are the suites of {0}", storage);
        }
    }

    [Fact]
    public void StoragesAndSuites_AreFound()
    {
        Find("src", StorageClass()).Should().Contain(["MemoryStorage", "LocalStorage"]);
        Find("tests/Dossier.Conformance", Suite()).Should().Contain(["SessionConformance", "GeneratedConformance"]);
    }

    private static List<string> Find(string folder, Regex declaration) =>
        [
            .. Repository
                .Files(folder, "*.cs")
                .SelectMany(path => declaration.Matches(File.ReadAllText(path)))
                .Select(it => it.Groups["name"].Value),
        ];

    [GeneratedRegex(@"class (?<name>\w+)(\([^)]*\))? : [^\n{]*\bIStorage\b")]
    private static partial Regex StorageClass();

    [GeneratedRegex(@"abstract class (?<name>\w+Conformance)<")]
    private static partial Regex Suite();

    [GeneratedRegex(@"class \w+Tests : (?<suite>\w+Conformance)<")]
    private static partial Regex Test();
}
