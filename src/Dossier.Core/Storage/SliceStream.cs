namespace Dossier.Storage;

/// <summary>A part of a file, as a stream of its own.</summary>
/// <param name="file">The file, which can be sought in. Nobody else may read it meanwhile.</param>
/// <param name="start">The first byte.</param>
/// <param name="length">The number of bytes.</param>
/// <param name="ownsFile">Whether disposing this disposes the file.</param>
internal sealed class SliceStream(Stream file, long start, long length, bool ownsFile) : Stream
{
    private long _position;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = Math.Min(value, length);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        file.Position = start + _position;
        var read = file.Read(buffer[..Left(buffer.Length)]);
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        file.Position = start + _position;
        var read = await file.ReadAsync(buffer[..Left(buffer.Length)], cancellationToken).ConfigureAwait(false);
        _position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => length + offset,
        };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException("Stored content is immutable.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Stored content is immutable.");

    protected override void Dispose(bool disposing)
    {
        if (disposing && ownsFile)
            file.Dispose();
        base.Dispose(disposing);
    }

    private int Left(int count) => (int)Math.Min(count, length - _position);
}
