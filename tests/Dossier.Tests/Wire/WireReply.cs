using Microsoft.AspNetCore.Http;

namespace Dossier.Tests.Wire;

/// <summary>What the server answers a request with.</summary>
internal sealed class WireReply
{
    private readonly Func<HttpResponse, CancellationToken, Task> _play;

    private WireReply(Func<HttpResponse, CancellationToken, Task> play) => _play = play;

    /// <summary>A JSON answer, good or bad.</summary>
    public static WireReply Json(string body, int status = 200, params (string Name, string Value)[] headers) =>
        new(
            async (response, cancellationToken) =>
            {
                response.StatusCode = status;
                response.ContentType = "application/json";
                foreach (var (name, value) in headers)
                    response.Headers[name] = value;
                await response.WriteAsync(body, cancellationToken);
            }
        );

    /// <summary>A status without a body, as 304 has to be.</summary>
    public static WireReply Status(int status) =>
        new(
            (response, _) =>
            {
                response.StatusCode = status;
                return Task.CompletedTask;
            }
        );

    /// <summary>A stream of server-sent events, each with this data, complete with <c>[DONE]</c>.</summary>
    public static WireReply Stream(params string[] data) =>
        new((response, token) => WriteEventsAsync(response, [.. data, "[DONE]"], token));

    /// <summary>The same, without <c>[DONE]</c>, and then the connection is closed in the middle of the answer.</summary>
    public static WireReply CutStream(params string[] data) =>
        new(
            async (response, cancellationToken) =>
            {
                await WriteEventsAsync(response, data, cancellationToken);
                throw new CutException();
            }
        );

    /// <summary>A stream of text as it stands, complete.</summary>
    public static WireReply Text(string body, string contentType) =>
        new(
            async (response, cancellationToken) =>
            {
                response.ContentType = contentType;
                await response.WriteAsync(body, cancellationToken);
            }
        );

    /// <summary>The same, closed in the middle: what was written comes through, the end does not.</summary>
    public static WireReply CutText(string body, string contentType) =>
        new(
            async (response, cancellationToken) =>
            {
                response.ContentType = contentType;
                await response.WriteAsync(body, cancellationToken);
                await response.Body.FlushAsync(cancellationToken);
                throw new CutException();
            }
        );

    /// <summary>The same, and then nothing more until the client goes away.</summary>
    public static WireReply StalledText(string body, string contentType) =>
        new(
            async (response, cancellationToken) =>
            {
                response.ContentType = contentType;
                await response.WriteAsync(body, cancellationToken);
                await response.Body.FlushAsync(cancellationToken);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        );

    /// <summary>A JSON answer that is closed in the middle: what was written comes through, its end does not.</summary>
    public static WireReply CutJson(string beginning) => CutText(beginning, "application/json");

    /// <summary>A stream that begins and then says nothing more until the client goes away.</summary>
    public static WireReply StalledStream(params string[] data) =>
        new(
            async (response, cancellationToken) =>
            {
                await WriteEventsAsync(response, data, cancellationToken);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        );

    /// <summary>The connection is closed when the request has been read, without an answer.</summary>
    public static WireReply Reset() =>
        new(
            (response, _) =>
            {
                response.HttpContext.Abort();
                return Task.CompletedTask;
            }
        );

    /// <summary>No answer until the client goes away.</summary>
    public static WireReply Nothing() => new((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));

    public Task PlayAsync(HttpResponse response, CancellationToken cancellationToken) => _play(response, cancellationToken);

    private static async Task WriteEventsAsync(HttpResponse response, IEnumerable<string> data, CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        foreach (var item in data)
        {
            await response.WriteAsync($"data: {item}\n\n", cancellationToken);
            await response.Body.FlushAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Kestrel sends what was written, leaves the end of a chunked answer out and closes. (Aborting the connection could overtake
    /// the bytes that are still to be sent.)
    /// </summary>
    public sealed class CutException : Exception;
}
