using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dossier.Tests.Providers;

/// <summary>Opens vendors' clients on a server of the test, and reads the failures that come of it.</summary>
internal static class VendorClient
{
    public const string Key = "sk-secret-0123456789";

    public static readonly FakeTimeProvider Clock = new(new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static ProviderConnection Connection(string name, ProviderOptions options) =>
        new(name, options, NullLoggerFactory.Instance, TimeProvider.System);

    public static ProviderConnection Connection(
        string name,
        WireServer server,
        string path = "",
        string? key = Key,
        TimeSpan? timeout = null
    ) =>
        Connection(
            name,
            new()
            {
                Endpoint = new Uri(server.Url, path),
                ApiKey = key,
                Timeout = timeout,
            }
        );

    /// <summary>The client as sessions get it.</summary>
    public static ProviderErrorChatClient Open(IModelProvider provider, ProviderConnection connection, string model = "test") =>
        new(
            provider.CreateChatClient(model, connection),
            provider,
            new(connection.Name, model),
            new SecretMasker([Key]),
            new ConfigurationRemedy(readsConfiguration: true)
        );

    /// <summary>What a whole answer fails with.</summary>
    public static async Task<ProviderException> FailAsync(
        IModelProvider provider,
        string name,
        WireReply reply,
        string path = "",
        TimeSpan? timeout = null
    )
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(reply);
        using var client = Open(provider, Connection(name, server, path, timeout: timeout));
        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);
        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        server.Requests.Should().ContainSingle("the vendor's own retries are off");
        exception.ToString().Should().NotContain(Key);
        return exception;
    }

    /// <summary>What a stream fails with, and the texts that came before.</summary>
    public static async Task<(ProviderException Exception, List<string> Texts)> FailStreamAsync(
        IModelProvider provider,
        string name,
        WireReply reply,
        string path = "",
        TimeSpan? timeout = null
    )
    {
        await using var server = await WireServer.StartAsync();
        server.Reply(reply);
        using var client = Open(provider, Connection(name, server, path, timeout: timeout));
        var texts = new List<string>();
        var act = async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync("Hi", cancellationToken: Token))
            {
                if (update.Text.Length > 0)
                    texts.Add(update.Text);
            }
        };
        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        server.Requests.Should().ContainSingle("the vendor's own retries are off");
        return (exception, texts);
    }
}
