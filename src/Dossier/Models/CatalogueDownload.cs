using System.Net;
using System.Net.Http.Headers;

namespace Dossier;

/// <summary>Fetches a catalogue, within bounds of size and time.</summary>
internal sealed class CatalogueDownload(ModelSyncOptions options, TimeProvider time)
{
    /// <summary>The bytes and their ETag; null when they are those of the ETag given.</summary>
    /// <exception cref="ModelCatalogueException">It could not be had.</exception>
    public async Task<(byte[] Bytes, string? ETag)?> FetchAsync(string? knownETag, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, options.Endpoint);
            request.Headers.Accept.Add(new("application/json"));
            if (knownETag is not null && EntityTagHeaderValue.TryParse(knownETag, out var tag))
                request.Headers.IfNoneMatch.Add(tag);
            using var response = await HttpClients
                .For(null)
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token)
                .ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NotModified && knownETag is not null)
                return null;
            if (!response.IsSuccessStatusCode)
                throw Refused(response);
            return (await ReadAsync(response.Content, both.Token).ConfigureAwait(false), response.Headers.ETag?.ToString());
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModelCatalogueException(
                $"{options.Endpoint} did not send its catalogue within {options.Timeout}; the last one stays in force. Try again, or raise {nameof(ModelSyncOptions)}.{nameof(ModelSyncOptions.Timeout)}.",
                e,
                isTransient: true
            );
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ModelCatalogueException(
                $"The catalogue could not be fetched from {options.Endpoint}: {e.Message} The last one stays in force. Try again later, or name another {nameof(ModelSyncOptions)}.{nameof(ModelSyncOptions.Endpoint)}.",
                e,
                isTransient: true
            );
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > options.MaxBytes)
            throw TooLarge($"{content.Headers.ContentLength:N0} bytes");
        using var bytes = new MemoryStream();
        using var body = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (bytes.Length + read > options.MaxBytes)
                throw TooLarge("more");
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    }

    private ModelCatalogueException Refused(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var target = response.Headers.Location is { } location ? $" to {location}" : "";
        return new ModelCatalogueException(
            $"{options.Endpoint} answered with status {status}{target} instead of a catalogue; the last one stays in force. Try again later, or name another {nameof(ModelSyncOptions)}.{nameof(ModelSyncOptions.Endpoint)}.",
            isTransient: status is 408 or 429 or >= 500
        );
    }

    private ModelCatalogueException TooLarge(string size) =>
        new(
            $"{options.Endpoint} sends {size}, and a catalogue may have {options.MaxBytes:N0} bytes; the last one stays in force. If it is one, raise {nameof(ModelSyncOptions)}.{nameof(ModelSyncOptions.MaxBytes)}."
        );
}
