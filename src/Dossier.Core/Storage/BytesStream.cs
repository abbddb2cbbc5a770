namespace Dossier.Storage;

/// <summary>Bytes that are in memory already, as a stream; whoever knows it may take the bytes as they are.</summary>
internal sealed class BytesStream(ArraySegment<byte> bytes) : MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
{
    /// <summary>What has not been read yet.</summary>
    public ReadOnlyMemory<byte> Rest => bytes.AsMemory((int)Math.Min(Position, bytes.Count));
}
