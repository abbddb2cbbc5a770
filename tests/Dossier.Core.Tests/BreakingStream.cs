namespace Dossier.Core.Tests;

/// <summary>A stream that throws after some bytes.</summary>
internal sealed class BreakingStream(int after) : Stream
{
    private int _left = after;

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
            throw new BrokenException();
        var read = Math.Min(count, _left);
        _left -= read;
        return read;
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    internal sealed class BrokenException : Exception;
}
