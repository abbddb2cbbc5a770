using System.Buffers;
using System.Text;

namespace Dossier;

/// <summary>
/// The events of a stream, line by line, with reasons that the SDK can read. Where the server says that it is done and has not said why, a piece
/// is put before that which says so: the answer is whole, unlike one that breaks off.
/// </summary>
/// <param name="inner">The body of the answer.</param>
internal sealed class FinishReasonLines(Stream inner) : ReadOnlyStream(inner)
{
    private const int BufferBytes = 8 * 1024;
    private const byte NewLine = (byte)'\n';

    private static readonly byte[] s_noReason = Encoding.UTF8.GetBytes(
        $$"""data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop","{{FinishReasons.Member}}":""}]}""" + "\n\n"
    );

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly MemoryStream _ready = new();
    private bool _hasChoices;
    private bool _hasReason;
    private bool _hasEnded;

    private static ReadOnlySpan<byte> Data => "data:"u8;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int length;
        while ((length = _ready.Read(buffer.Span)) == 0 && !_hasEnded && buffer.Length > 0)
            Take(await Inner.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false));
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int length;
        while ((length = _ready.Read(buffer, offset, count)) == 0 && !_hasEnded && count > 0)
            Take(Inner.Read(_buffer));
        return length;
    }

    /// <summary>What came, cut into lines; the last one may go on.</summary>
    private void Take(int length)
    {
        _ready.SetLength(0);
        var bytes = _buffer.AsSpan(0, length);
        while (bytes.IndexOf(NewLine) is >= 0 and var end)
        {
            _line.Write(bytes[..(end + 1)]);
            EndLine();
            bytes = bytes[(end + 1)..];
        }
        _line.Write(bytes);
        _hasEnded = length == 0;
        if (_hasEnded)
            EndLine();
        _ready.Position = 0;
    }

    private void EndLine()
    {
        var line = _line.WrittenSpan;
        if (line.StartsWith(Data))
        {
            var data = line[Data.Length..].Trim(" \r\n"u8);
            if (data.SequenceEqual("[DONE]"u8))
            {
                if (_hasChoices && !_hasReason)
                    _ready.Write(s_noReason);
            }
            else
            {
                var (rewritten, hasChoices, hasReason) = FinishReasons.Read(data, isPiece: true);
                (_hasChoices, _hasReason) = (_hasChoices || hasChoices, _hasReason || hasReason);
                if (rewritten is not null)
                {
                    _ready.Write(Data);
                    _ready.Write(rewritten);
                    _ready.WriteByte(NewLine);
                    line = [];
                }
            }
        }
        _ready.Write(line);
        _line.ResetWrittenCount();
    }
}
