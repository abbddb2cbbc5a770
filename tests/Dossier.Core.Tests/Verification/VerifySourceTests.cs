using Dossier.Storage;

namespace Dossier.Core.Tests.Verification;

/// <summary>A storage of one's own that brings nothing to look after itself.</summary>
public sealed class VerifySourceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StorageWithoutMaintenance_IsVerifiedThroughWhatItShows()
    {
        await using var storage = new FailingStorage();
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, Token);
        await session.StoreArtifactAsync("small", "text", cancellationToken: Token);
        var large = await session.StoreArtifactAsync("large", new byte[100_000], "binary", cancellationToken: Token);
        var unnamed = await storage.Contents.WriteAsync(new MemoryStream(new byte[120_000]), Token);
        var whole = await store.VerifyAsync(cancellationToken: Token);
        await storage.Contents.DeleteAsync(large.Digest, Token);

        var report = await store.VerifyAsync(new() { Quarantine = true, SessionId = "s" }, cancellationToken: Token);

        whole
            .Should()
            .BeEquivalentTo(
                new
                {
                    Sessions = 1,
                    Artifacts = 2,
                    Contents = 2,
                }
            );
        whole.Problems.Should().BeEmpty(whole.ToString());
        unnamed.Size.Should().Be(120_000);
        report.Problems.Should().ContainSingle(it => it.Kind == VerifyProblemKind.Missing && it.Digest == large.Digest);
    }
}
