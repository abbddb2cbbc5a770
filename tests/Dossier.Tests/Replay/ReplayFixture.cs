using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Replay;

/// <summary>A storage in memory in which sessions are recorded, and replayed by a store that knows no provider.</summary>
internal sealed class ReplayFixture : IAsyncDisposable
{
    public const string Model = "first/large";

    private readonly List<SessionStore> _stores = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public MemoryStorage Storage { get; } = new();

    /// <summary>Opens the session <c>recorded</c>, whose calls a client answers.</summary>
    public Task<Session> RecordAsync(
        IChatClient client,
        IEmbeddingGenerator<string, Embedding<float>>? embeddings = null,
        bool keepVectors = false
    ) => OpenAsync(client, embeddings, new() { SessionId = "recorded", Model = Model }, keepVectors);

    /// <summary>Opens a session that replays it and calls nobody.</summary>
    public Task<Session> OnlyAsync() => OpenAsync(null, null, new() { ReplayFrom = "recorded", Replay = ReplayMode.Only });

    /// <summary>Opens a session that replays it, and asks a client what is not recorded.</summary>
    public Task<Session> CachedAsync(IChatClient client) => OpenAsync(client, null, new() { ReplayFrom = "recorded" });

    public async Task<Session> OpenAsync(
        IChatClient? client,
        IEmbeddingGenerator<string, Embedding<float>>? embeddings,
        SessionOptions session,
        bool keepVectors = false
    )
    {
        var options = new SessionOptions { KeepVectors = keepVectors };
        if (client is not null)
            options.Providers["first"] = new() { Implementation = new ScriptedProvider(_ => client, _ => embeddings!) };
        var store = new SessionStore(Storage, options, new(), ownsStorage: false, [], CallPipeline.Parts);
        _stores.Add(store);
        return await store.OpenAsync(session, Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        await Storage.DisposeAsync();
    }
}
