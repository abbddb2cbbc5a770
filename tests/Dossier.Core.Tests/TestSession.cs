using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Core.Tests;

/// <summary>A session over the memory storage, with a clock that stands still and a log that can be read.</summary>
internal sealed class TestSession : IAsyncDisposable
{
    public const string Key = "planted-secret-4711";

    private TestSession(SessionStore store, IStorage storage, Session session, FakeTimeProvider time, FakeLogCollector log) =>
        (Store, Storage, Session, Time, Log) = (store, storage, session, time, log);

    public SessionStore Store { get; }

    public IStorage Storage { get; }

    public Session Session { get; }

    public FakeTimeProvider Time { get; }

    public FakeLogCollector Log { get; }

    public static async Task<TestSession> OpenAsync(Action<SessionOptions>? configure = null, IStorage? storage = null)
    {
        var time = new FakeTimeProvider(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        storage ??= new MemoryStorage(time);
        var log = new FakeLogCollector();
        var options = new SessionOptions
        {
            TimeProvider = time,
            LoggerFactory = LoggerFactory.Create(builder =>
                builder.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(log))
            ),
            Providers =
            {
                ["scripted"] = new()
                {
                    Implementation = new ScriptedProvider(_ => ScriptedChatClient.Answering("Hello", " there")),
                    ApiKey = Key,
                },
            },
        };
        configure?.Invoke(options);
        var store = new SessionStore(storage, options);
        return new(store, storage, await store.OpenAsync(), time, log);
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Store.DisposeAsync();
    }
}
