namespace Dossier.Conformance;

/// <summary>A source that breaks off: so many bytes, then an <see cref="IOException"/>.</summary>
public sealed class FailingStream(long length) : Stream
{
    /// <summary>What the exception says.</summary>
    public const string Message = "the source failed";

    private long _left = length;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_left == 0)
            throw new IOException(Message);
        var read = (int)Math.Min(count, _left);
        Array.Fill(buffer, (byte)'x', offset, read);
        _left -= read;
        return read;
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
