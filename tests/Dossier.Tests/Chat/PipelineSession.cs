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
    public static Task<PipelineSession> OpenAsync(params IChatClient[] clients) => OpenAsync(new SessionOptions(), null, clients);

    public static Task<PipelineSession> OpenAsync(IRedactor redactor, params IChatClient[] clients) =>
        OpenAsync(new SessionOptions { Redactors = { redactor } }, null, clients);

    public static Task<PipelineSession> OpenAsync(ResilienceOptions resilience, SkippingTime? time, params IChatClient[] clients) =>
        OpenAsync(new SessionOptions { Resilience = resilience }, time, clients);

    private static async Task<PipelineSession> OpenAsync(SessionOptions options, SkippingTime? time, IChatClient[] clients)
    {
        time ??= new();
        options.TimeProvider = time;
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
