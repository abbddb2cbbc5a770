namespace Dossier.Tests.Bundles;

/// <summary>A stream of zeros, with other bytes in some places.</summary>
/// <param name="pieces">The other bytes, in order.</param>
/// <param name="length">How long it is.</param>
internal sealed class SparseStream(IReadOnlyList<(long At, byte[] Bytes)> pieces, long length) : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => length;
    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = (int)Math.Min(count, length - Position);
        var found = buffer.AsSpan(offset, read);
        found.Clear();
        foreach (
            var (at, bytes) in pieces
                .SkipWhile(piece => piece.At + piece.Bytes.Length <= Position)
                .TakeWhile(piece => piece.At < Position + read)
        )
        {
            var (from, to) = (Math.Max(at, Position), Math.Min(at + bytes.Length, Position + read));
            bytes.AsSpan((int)(from - at), (int)(to - from)).CopyTo(found[(int)(from - Position)..]);
        }
        Position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => Position + offset,
            _ => length + offset,
        };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
