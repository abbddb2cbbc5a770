using System.Text.RegularExpressions;

namespace Dossier.Tests.Repositories;

public sealed partial class ReadmeTests
{
    /// <summary>Code in a document is a piece of a sample, which CI builds and runs.</summary>
    [Theory]
    [MemberData(nameof(Snippets))]
    public void Snippet_StandsInASample(string document, string snippet)
    {
        var samples = Repository.Files("samples", "*.cs").Select(path => Normalise(File.ReadAllText(path)));

        samples
            .Any(sample => sample.Contains(Normalise(snippet), StringComparison.Ordinal))
            .Should()
            .BeTrue("{0} says that a sample has {1}", document, snippet);
    }

    [Fact]
    public void Readme_HasSnippetsAndTheTwoCommands()
    {
        var readme = File.ReadAllText(Repository.PathOf("README.md"));

        readme.Should().Contain("dotnet run --project samples/QuickStart").And.Contain("dotnet test");
        Snippets().Select(row => row.Data.Item1).Should().Contain("README.md");
    }

    [Fact]
    public void EveryGuideAndSample_IsListed()
    {
        var readme = File.ReadAllText(Repository.PathOf("README.md"));
        var guides = Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md").Select(path => $"(docs/{Path.GetFileName(path)})");
        var samples = Directory.EnumerateDirectories(Repository.PathOf("samples")).Select(path => $"(samples/{Path.GetFileName(path)}/");

        guides.Concat(samples).Should().AllSatisfy(link => readme.Should().Contain(link));
    }

    [Theory]
    [MemberData(nameof(Links))]
    public void Link_LeadsToAFile(string document, string target)
    {
        var parts = target.Split('#');
        var path = Path.Combine(
            Path.GetDirectoryName(Repository.PathOf(document))!,
            parts[0].Length > 0 ? parts[0] : Path.GetFileName(document)
        );

        (File.Exists(path) || Directory.Exists(path)).Should().BeTrue("{0} links to {1}", document, target);
        parts.Skip(1).Should().BeSubsetOf(parts.Length > 1 ? Headings(path) : [], "{0} links to {1}", document, target);
    }

    public static IEnumerable<TheoryDataRow<string, string>> Snippets() =>
        from document in Documents()
        from Match match in CodeBlock().Matches(File.ReadAllText(document))
        select new TheoryDataRow<string, string>(Path.GetRelativePath(Repository.Root, document), match.Groups["code"].Value);

    public static IEnumerable<TheoryDataRow<string, string>> Links() =>
        from document in Documents()
        from Match match in RelativeLink().Matches(File.ReadAllText(document))
        select new TheoryDataRow<string, string>(Path.GetRelativePath(Repository.Root, document), match.Groups["target"].Value);

    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(Repository.Root, "*.md").Concat(Repository.Files("docs", "*.md"));

    /// <summary>The headings of a document, as links name them.</summary>
    private static IEnumerable<string> Headings(string path) =>
        File.ReadLines(path)
            .Where(line => line.StartsWith('#'))
            .Select(line => NotInAnchors().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    private static string Normalise(string code) => WhiteSpace().Replace(code, " ").Trim();

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\((?<target>[^):]+)\)")]
    private static partial Regex RelativeLink();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
