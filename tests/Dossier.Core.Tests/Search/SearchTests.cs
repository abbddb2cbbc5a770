using Dossier.Storage;

namespace Dossier.Core.Tests.Search;

public sealed class SearchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Session_FindsItsOwnArtifacts()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await store.OpenAsync(cancellationToken: Cancellation);
        await using var other = await store.OpenAsync(cancellationToken: Cancellation);
        var stored = await session.StoreArtifactAsync("report", "The fox is quick.", cancellationToken: Cancellation);
        await other.StoreArtifactAsync("other", "Another fox.", cancellationToken: Cancellation);

        var result = await session.SearchAsync("fox", cancellationToken: Cancellation);

        var hit = result.Hits.Should().ContainSingle().Subject;
        hit.Artifact.Id.Should().Be(stored.Id);
        hit.Snippet.Should().Be("The fox is quick.");
        hit.Snippet[hit.Highlights[0]].Should().Be("fox");
        hit.ToString().Should().Be($"report v1 in {session.Id}: The fox is quick.");
        result.IsComplete.Should().BeTrue();
        result.Continuation.Should().BeNull();
    }

    [Fact]
    public async Task Store_FindsTheArtifactsOfAllSessions()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var first = await store.OpenAsync(cancellationToken: Cancellation);
        await using var second = await store.OpenAsync(cancellationToken: Cancellation);
        await first.StoreArtifactAsync("a", "fox", cancellationToken: Cancellation);
        await second.StoreArtifactAsync("b", "\"fox\""u8.ToArray(), "json", cancellationToken: Cancellation);

        var all = await store.SearchAsync("fox", cancellationToken: Cancellation);
        var json = await store.SearchAsync("fox", new() { ContentType = "json" }, Cancellation);

        all.Hits.Select(hit => hit.Artifact.SessionId).Should().BeEquivalentTo(first.Id, second.Id);
        json.Hits.Should().ContainSingle().Which.Artifact.Name.Should().Be("b");
    }

    [Fact]
    public async Task AnotherSession_CannotBeSearchedThroughASession()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await store.OpenAsync(cancellationToken: Cancellation);

        await session
            .Invoking(it => it.SearchAsync("fox", new() { SessionId = "other" }, Cancellation))
            .Should()
            .ThrowAsync<ArgumentException>()
            .WithMessage("*'other'*SessionStore.SearchAsync*");
    }

    [Fact]
    public async Task OptionsOutOfBounds_AreRefused()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);

        await store
            .Invoking(it => it.SearchAsync("fox", new() { PageSize = 0 }, Cancellation))
            .Should()
            .ThrowAsync<ArgumentOutOfRangeException>();
        await store
            .Invoking(it => it.SearchAsync("fox", new() { CatchUpLimit = TimeSpan.FromSeconds(-1) }, Cancellation))
            .Should()
            .ThrowAsync<ArgumentOutOfRangeException>();
        await store
            .Invoking(it => it.SearchAsync("fox", new() { ContentType = "nonsense" }, Cancellation))
            .Should()
            .ThrowAsync<ArgumentException>();
    }
}
