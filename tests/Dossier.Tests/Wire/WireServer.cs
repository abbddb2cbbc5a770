using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Dossier.Tests.Wire;

/// <summary>
/// An HTTP server on the loopback interface that plays one scripted reply per request, in order, and keeps every request. A
/// request too many is answered with 501 and kept as well.
/// </summary>
internal sealed class WireServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<WireReply> _replies = new();
    private readonly ConcurrentQueue<WireRequest> _requests = new();
    private readonly Channel<WireRequest> _arrivals = Channel.CreateUnbounded<WireRequest>();
    private readonly CancellationTokenSource _stopping = new();

    private WireServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>Where it listens, with a slash at the end: <c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri Url => new(_app.Urls.Single() + "/");

    /// <summary>The requests so far, in the order of their arrival.</summary>
    public IReadOnlyList<WireRequest> Requests => [.. _requests];

    public static async Task<WireServer> StartAsync()
    {
        var server = new WireServer();
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Adds replies to the script.</summary>
    public void Reply(params WireReply[] replies)
    {
        foreach (var reply in replies)
            _replies.Enqueue(reply);
    }

    /// <summary>Waits until a request has arrived, before it is answered; each is handed out once.</summary>
    public ValueTask<WireRequest> ArrivalAsync() => _arrivals.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Goes away: from now on connections are refused.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        var request = await ReadAsync(context);
        _requests.Enqueue(request);
        _arrivals.Writer.TryWrite(request);
        if (!_replies.TryDequeue(out var reply))
            reply = WireReply.Json("""{"error":{"message":"The test has scripted no reply to this request."}}""", 501);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            await reply.PlayAsync(context.Response, gone.Token);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            context.Abort();
        }
    }

    private static async Task<WireRequest> ReadAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = context.Request.Headers.ToDictionary(
            header => header.Key,
            header => header.Value.ToString(),
            StringComparer.OrdinalIgnoreCase
        );
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return new(context.Request.Method, target, headers, await reader.ReadToEndAsync(context.RequestAborted));
    }
}
