using System.ClientModel;
using System.ClientModel.Primitives;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using OpenAI;

namespace Dossier.Tests.Sessions;

/// <summary>What speaks OpenAI's protocol, and how it is reached.</summary>
public enum Endpoint
{
    OpenAI,
    AzureV1,
    Compatible,
}

/// <summary>Who opened the chat client.</summary>
public enum Client
{
    Dossier,
    User,
}

/// <summary>A session on a local storage whose model is behind a loopback server.</summary>
internal sealed class WireSession : IAsyncDisposable
{
    public const string Key = "planted+key/4711-abcdefg==";
    public const string Model = "gpt-test";

    private readonly SessionStore _store;

    private WireSession(
        WireServer server,
        TemporaryDirectory directory,
        SessionStore store,
        Session session,
        IChatClient chat,
        FakeLogCollector log
    )
    {
        _store = store;
        (Server, Directory, Session, Chat, Log) = (server, directory, session, chat, log);
    }

    public WireServer Server { get; }

    public TemporaryDirectory Directory { get; }

    public Session Session { get; }

    public IChatClient Chat { get; }

    public FakeLogCollector Log { get; }

    public static async Task<WireSession> OpenAsync(
        Endpoint endpoint = Endpoint.OpenAI,
        Client client = Client.Dossier,
        TimeSpan? timeout = null,
        Action<SessionOptions>? configure = null,
        WireVendor? vendor = null
    )
    {
        var server = await WireServer.StartAsync();
        var directory = new TemporaryDirectory();
        var log = new FakeLogCollector();
        var provider = vendor?.Name ?? ProviderOf(endpoint);
        var (path, key) = endpoint switch
        {
            _ when vendor is not null => (vendor.Path, Key),
            Endpoint.OpenAI => ("v1", Key),
            Endpoint.AzureV1 => ("openai/v1/", Key),
            _ => ("v1", null),
        };
        var options = new ProviderOptions
        {
            Endpoint = new(server.Url, path),
            ApiKey = key,
            Timeout = timeout,
        };
        var code = new SessionOptions
        {
            StoragePath = Path.Combine(directory.Path, "store"),
            Providers = { [provider] = options },
            Model = $"{provider}/{Model}",
            // What is seen here is what one request does.
            Resilience = new() { MaxRetries = 0 },
            LoggerFactory = LoggerFactory.Create(b => b.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(log))),
        };
        configure?.Invoke(code);
        var resolved = ConfigurationResolver.Resolve(new() { WorkingDirectory = directory.Path }, code);
        var store = SessionStoreFactory.Create(resolved);
        var session = await store.OpenAsync(cancellationToken: TestContext.Current.CancellationToken);
        var chat = client == Client.Dossier ? session.GetChatClient() : session.Track(Bring(options, timeout), $"{provider}/{Model}");
        return new(server, directory, store, session, chat, log);
    }

    public static string ProviderOf(Endpoint endpoint) =>
        endpoint switch
        {
            Endpoint.OpenAI => "openai",
            Endpoint.AzureV1 => "azure-openai",
            _ => "vllm",
        };

    public async Task<TrackedResponse> OnlyResponseAsync() =>
        await Session
            .Responses.ListAsync(cancellationToken: TestContext.Current.CancellationToken)
            .SingleAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await _store.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Dispose();
    }

    // The client as a user of OpenAI's SDK makes it.
    private static IChatClient Bring(ProviderOptions options, TimeSpan? timeout) => new OpenAIClient(
            new ApiKeyCredential(options.ApiKey ?? "none"),
            new()
            {
                Endpoint = options.Endpoint,
                RetryPolicy = new ClientRetryPolicy(0),
                NetworkTimeout = timeout,
            }
        ).GetChatClient(Model).AsIChatClient();
}
