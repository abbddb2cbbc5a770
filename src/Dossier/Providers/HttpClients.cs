using System.Collections.Concurrent;
using System.Net;

namespace Dossier;

/// <summary>
/// The HTTP clients that all providers share: one for each proxy and one without, since connections are pooled by host and carry
/// no credentials. They live as long as the process, so that sessions which come and go do not open connections anew.
/// </summary>
internal static class HttpClients
{
    private static readonly ConcurrentDictionary<string, HttpMessageHandler> Handlers = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, HttpClient> Clients = new(StringComparer.Ordinal);

    /// <summary>The client that goes through a proxy, or with null through the system's own settings. It has no timeout of its own.</summary>
    /// <param name="proxy">The proxy; a user name and password in it are sent to it.</param>
    public static HttpClient For(Uri? proxy) =>
        Clients.GetOrAdd(
            KeyOf(proxy),
            static (_, uri) => new HttpClient(Handler(uri), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan },
            proxy
        );

    /// <summary>The connections under that client, for a client with handlers of its own. Not to be disposed.</summary>
    public static HttpMessageHandler Handler(Uri? proxy) => Handlers.GetOrAdd(KeyOf(proxy), static (_, uri) => Create(uri), proxy);

    private static string KeyOf(Uri? proxy) => proxy?.AbsoluteUri ?? "";

    private static SocketsHttpHandler Create(Uri? proxy)
    {
        var handler = new SocketsHttpHandler
        {
            // A redirect would take headers, and keys in them, to another host.
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // changes of DNS are seen
        };
        if (proxy is not null)
            handler.Proxy = new WebProxy(proxy) { Credentials = Credentials(proxy) };
        return handler;
    }

    private static NetworkCredential? Credentials(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0)
            return null;
        var parts = proxy.UserInfo.Split(':', 2);
        return new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }
}
