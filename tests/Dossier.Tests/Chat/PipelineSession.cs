using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Chat;

/// <summary>A session over the memory storage with the whole pipeline, whose waits are over at once.</summary>
internal sealed class PipelineSession : IAsyncDisposable
{
    private readonly SessionStore _store;

    private PipelineSession(SessionStore store, Session session, SkippingTime time) => (_store, Session, Time) = (store, session, time);

    public Session Session { get; }

    public SkippingTime Time { get; }

    /// <summary>Opens a session in which provider <c>first</c> has the first client, <c>second</c> the second.</summary>
    public static Task<PipelineSession> OpenAsync(params IChatClient[] clients) => OpenAsync(new(), null, clients);

    public static async Task<PipelineSession> OpenAsync(ResilienceOptions resilience, SkippingTime? time, params IChatClient[] clients)
    {
        time ??= new();
        var options = new SessionOptions { TimeProvider = time, Resilience = resilience };
        foreach (var (name, client) in new[] { "first", "second" }.Zip(clients))
            options.Providers[name] = new() { Implementation = new ScriptedProvider(_ => client) };
        var store = new SessionStore(new MemoryStorage(), options, new(), ownsStorage: true, [], CallPipeline.Parts);
        return new(store, await store.OpenAsync(cancellationToken: TestContext.Current.CancellationToken), time);
    }

    public async Task<TrackedResponse> LastAsync() =>
        await Session.Responses.ListAsync(cancellationToken: TestContext.Current.CancellationToken).LastAsync();

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await _store.DisposeAsync();
    }
}
