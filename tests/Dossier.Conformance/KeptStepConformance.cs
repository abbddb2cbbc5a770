using System.Text;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>The kept result of a step, as a call reads it that reuses it.</summary>
public abstract class KeptStepConformance<TFixture> : StepSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    [Fact]
    public async Task KeptResult_IsReadByItself_AsLongAsItIsThere()
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        var artifact = NewArtifact("result");
        await StoreContentAsync(artifact);
        await CommitAsync(Begin(step));
        var running = await KeptAsync(step);
        await CommitAsync(Kept(step, artifact));

        var kept = await KeptAsync(step);
        await ChangeAsync(artifact, ArtifactChangeKind.Trash);
        var trashed = await KeptAsync(step);
        await ChangeAsync(artifact, ArtifactChangeKind.Restore);
        var restored = await KeptAsync(step);
        await CommitAsync(Begin(step, fence: 2, reason: StepReason.ReadsChanged));
        var again = await KeptAsync(step);

        kept.Should()
            .BeEquivalentTo(
                new KeptStep
                {
                    Fence = 1,
                    ResultType = step.ResultType,
                    Reads = [Read("style")],
                    Artifact = artifact.Id,
                    Digest = artifact.Digest,
                }
            );
        restored.Should().BeEquivalentTo(kept);
        (running, trashed, again).Should().Be((null, null, null));
        (await Records.GetKeptStepAsync("nobody", step.Key, withContent: true, default)).Should().BeNull();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task ContentOfAKeptResult_ComesWithItWholeOrNotAtAll(int length)
    {
        await CreateSessionAsync();
        var step = NewStep("split");
        var text = new string('x', length);
        var artifact = NewArtifact("result", text);
        var content = await Storage.PrepareAsync(Encoding.UTF8.GetBytes(text), default);
        await CommitAsync(NewCommit() with { Contents = [content], Artifacts = [artifact], Steps = [Begin(step), Kept(step, artifact)] });

        var kept = (await Records.GetKeptStepAsync(SessionId, step.Key, withContent: true, default))!;

        var read = kept.Content ?? await Storage.ReadAsync(kept.Digest, default);
        Encoding.UTF8.GetString(read.Span).Should().Be(text);
    }

    private async Task<KeptStep?> KeptAsync(StepRecord step) =>
        await Records.GetKeptStepAsync(SessionId, step.Key, withContent: false, default);
}
