using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dossier;

/// <summary>
/// A writer of compact JSON, as <see cref="JsonText"/> has it, into memory that the thread uses again. What it wrote is taken out as an array of
/// its own. Used by one caller, synchronously, and disposed when it is done.
/// </summary>
internal sealed class JsonBuffer : IDisposable
{
    private const int Initial = 4 * 1024;

    // What one large message needed is not kept for all the small ones.
    private const int MostKept = 256 * 1024;

    // What is written is well-formed by construction.
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = int.MaxValue,
    };

    [ThreadStatic]
    private static JsonBuffer? t_kept;

    private readonly ArrayBufferWriter<byte> _bytes = new(Initial);

    private JsonBuffer() => Writer = new(_bytes, s_options);

    public Utf8JsonWriter Writer { get; }

    /// <summary>The thread's own, unless it is in use: a getter that is serialised may come back here.</summary>
    public static JsonBuffer Rent()
    {
        var buffer = t_kept ?? new();
        t_kept = null;
        return buffer;
    }

    /// <summary>Everything that was written, in an array that nobody else has.</summary>
    public byte[] ToArray()
    {
        Writer.Flush();
        return _bytes.WrittenSpan.ToArray();
    }

    public void Dispose()
    {
        if (_bytes.Capacity > MostKept)
        {
            Writer.Dispose();
            return;
        }
        _bytes.ResetWrittenCount();
        Writer.Reset();
        t_kept = this;
    }
}
