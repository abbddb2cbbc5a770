namespace Dossier;

/// <summary>
/// Throws at a line of a stream that says <c>{"error":…}</c>, which is how Ollama ends an answer that fails after it has begun
/// (https://docs.ollama.com/api/errors). The SDK reads it as a piece without text. The SDK also reads on without the call's
/// cancellation, and would wait for ever on a server that says nothing more.
/// </summary>
/// <param name="inner">The body of the answer.</param>
/// <param name="callToken">Stops the call.</param>
internal sealed class OllamaErrorLines(Stream inner, CancellationToken callToken) : ReadOnlyStream(inner)
{
    private const byte NewLine = (byte)'\n';
    private const int MaxErrorBytes = 64 * 1024;

    private readonly List<byte> _line = [];
    private int _matched; // of the beginning of an error at the beginning of this line; -1 when this line is none

    private static ReadOnlySpan<byte> Beginning => "{\"error\":"u8;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var token = cancellationToken.CanBeCanceled ? cancellationToken : callToken;
        var length = await Inner.ReadAsync(buffer, token).ConfigureAwait(false);
        Look(buffer.Span[..length], isEnd: length == 0);
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var length = Inner.Read(buffer, offset, count);
        Look(buffer.AsSpan(offset, length), isEnd: length == 0);
        return length;
    }

    private void Look(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        foreach (var one in bytes)
        {
            if (one == NewLine)
                EndLine();
            else if (_matched == Beginning.Length)
                AddToError(one);
            else if (_matched >= 0)
                _matched = one == Beginning[_matched] ? _matched + 1 : -1;
        }
        if (isEnd)
            EndLine();
    }

    private void AddToError(byte one)
    {
        if (_line.Count == 0)
            _line.AddRange(Beginning);
        if (_line.Count < MaxErrorBytes)
            _line.Add(one);
    }

    private void EndLine()
    {
        if (_line.Count > 0)
        {
            var body = System.Text.Encoding.UTF8.GetString([.. _line]);
            throw new HttpIOException(HttpRequestError.InvalidResponse, VendorError.Parse(body).Message).With(
                VendorFailures.OfStream(body)
            );
        }
        _matched = 0;
    }
}
