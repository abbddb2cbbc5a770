using System.Xml.Linq;

namespace Dossier.Tests.Repositories;

/// <summary>Holds what each shipped project refers to. An arrow is added here on purpose, or not at all: docs/decisions/0001.</summary>
public sealed class ReferencesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Dossier.Core"] =
        [
            "Microsoft.Extensions.AI.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions",
            "Microsoft.Extensions.Options",
        ],
        ["Dossier"] =
        [
            "Anthropic",
            "Azure.Identity",
            "Dossier.Core",
            "Microsoft.Data.Sqlite",
            "Microsoft.Extensions.AI",
            "Microsoft.Extensions.AI.OpenAI",
            "Microsoft.Extensions.Configuration.EnvironmentVariables",
            "Microsoft.Extensions.Configuration.Json",
            "Microsoft.Extensions.Configuration.UserSecrets",
            "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.ML.Tokenizers",
            "Microsoft.ML.Tokenizers.Data.Cl100kBase",
            "Microsoft.ML.Tokenizers.Data.O200kBase",
            "OllamaSharp",
            "OpenAI",
            "Polly.Core",
            "System.Numerics.Tensors",
        ],
    };

    [Fact]
    public void ShippedProjects_AreTheAllowedOnes()
    {
        Projects().Select(Path.GetFileNameWithoutExtension).Should().BeEquivalentTo(Allowed.Keys);
    }

    [Fact]
    public void References_AreOnTheList()
    {
        foreach (var project in Projects())
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var references = XDocument
                .Load(project)
                .Descendants()
                .Where(e => e.Name.LocalName is "PackageReference" or "ProjectReference")
                .Select(e => e.Attribute("Include")!.Value)
                .Select(include =>
                    include.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(include) : include
                );

            references.Should().BeSubsetOf(Allowed[name], "{0} may refer to nothing else", name);
        }
    }

    [Fact]
    public void AllowedReferences_AreUsed()
    {
        foreach (var project in Projects())
        {
            var text = File.ReadAllText(project);
            Allowed[Path.GetFileNameWithoutExtension(project)]
                .Should()
                .OnlyContain(reference => text.Contains(reference, StringComparison.Ordinal));
        }
    }

    private static IEnumerable<string> Projects() => Repository.Files("src", "*.csproj");
}
