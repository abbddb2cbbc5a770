using Dossier;

namespace Cassette;

/// <summary>
/// Tests of code that calls a model, without a key and without a network: the calls are answered from the files beside this one. A first run with
/// a key writes such a file; <c>DOSSIER_CASSETTES=record OPENAI_API_KEY=… dotnet test</c> writes them anew.
/// </summary>
public sealed class EditorTests
{
    private const string Notes =
        "Ada met Grace at the harbour. They spoke about the crane for an hour. It will be repaired in June, at a cost of two thousand pounds.";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Notes_AreShortened()
    {
        await using var session = await Session.OpenCassetteAsync("notes.cassette", cancellationToken: Token);

        var text = await new Editor(session).ShortenAsync(Notes);

        Assert.Equal("Ada and Grace agreed at the harbour that the crane will be repaired in June for two thousand pounds.", text);
    }

    [Fact]
    public async Task Question_IsAnsweredWithATool()
    {
        await using var session = await Session.OpenCassetteAsync("question.cassette", cancellationToken: Token);

        var text = await new Editor(session).AnswerAsync("When is the article about the crane due?");

        Assert.Equal("The article about the crane is due on Friday.", text);
    }

    [Fact]
    public async Task EditedPrompt_SaysWhatChanged()
    {
        await using var session = await Session.OpenCassetteAsync("notes.cassette", mode: CassetteMode.Replay, cancellationToken: Token);
        var editor = new Editor(session)
        {
            Instructions = "You are an editor.\nShorten what follows to two sentences.\nKeep the names in it.",
        };

        var miss = await Assert.ThrowsAsync<ReplayMissException>(() => editor.ShortenAsync(Notes));

        Assert.Equal("message 1, content 1, character 44", miss.Difference!.Place);
        Assert.Equal("…ten what follows to one sentence.\nKeep the names in it.", miss.Difference.Expected);
        Assert.Equal("…ten what follows to two sentences.\nKeep the names in it.", miss.Difference.Actual);
    }
}
