namespace Dossier.Tests.Redacting;

/// <summary>Says words that nobody else says, and looks for them wherever a text can be seen.</summary>
[Collection(Telemetry.Alone.Name)]
public sealed class CaptureTests
{
    private static readonly string[] s_words = ["quetzalcoatl", "maracaibo"];

    [Fact]
    public async Task TextsThatAreNotKept_AreFoundNowhere()
    {
        await using var workflow = new PlantedWorkflow(options => options.Capture = Capture.DigestsOnly);

        await workflow.RunAsync("The quetzalcoatl of Maracaibo", "a name", talks: false);

        PlacesOfWords(workflow).Should().BeEmpty();
        await workflow.Store.DisposeAsync();
        PlacesOfWords(workflow).Should().BeEmpty("nor when the store has closed");
    }

    [Fact]
    public async Task TextsThatAreKept_AreFoundInFilesLogsAndSpans()
    {
        await using var workflow = new PlantedWorkflow(options => options.Capture = Capture.Full);

        await workflow.RunAsync("The quetzalcoatl of Maracaibo", "a name", talks: false);

        PlacesOfWords(workflow).Should().Contain(["dossier.db-wal", "log 21", "log 52", "span dossier.step", "span chat m"]);
    }

    /// <summary>Exceptions are the caller's, and end with it.</summary>
    private static IEnumerable<string> PlacesOfWords(PlantedWorkflow workflow) =>
        workflow
            .See()
            .Where(it => !it.Place.EndsWith("Exception", StringComparison.Ordinal))
            .Where(it => s_words.Any(word => it.Text.Contains(word, StringComparison.OrdinalIgnoreCase)))
            .Select(it => it.Place)
            .Distinct();
}
