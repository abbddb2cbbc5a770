using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Dossier.Storage;

/// <summary>
/// Hashes a row for the chain of its session: its values one after the other, each with its kind and its length, so that no two rows say the
/// same. The bytes that are hashed are those that the columns hold, so that a verification needs to decode nothing.
/// </summary>
internal ref struct RowHash
{
    private const byte Nothing = 0;
    private const byte Number = 1;
    private const byte Text = 2;
    private const int Overhead = 1 + sizeof(long);

    private byte[] _buffer;
    private int _length;

    private RowHash(int expected) => _buffer = ArrayPool<byte>.Shared.Rent(expected);

    public static ContentDigest Of(in EncodedArtifact artifact)
    {
        var record = artifact.Record;
        var hash = new RowHash(512 + artifact.Metadata.Length);
        hash.Add(artifact.Id);
        hash.Add(record.Name);
        hash.Add(record.ContentType);
        hash.Add((long)record.Role);
        hash.Add(record.Digest);
        hash.Add(record.Size);
        hash.Add(Microseconds.From(record.CreatedAt));
        hash.Add(artifact.ProducedBy);
        hash.Add(artifact.MaskedSecrets);
        hash.AddOrNothing(artifact.Redactions);
        hash.AddOrNothing(artifact.Metadata);
        hash.Add(record.StepKey);
        return hash.End();
    }

    /// <param name="response">The response.</param>
    /// <param name="last">The hash of the last of its messages, which covers those before it; null when it is no turn.</param>
    public static ContentDigest Of(in EncodedResponse response, ContentDigest? last)
    {
        var record = response.Record;
        var hash = new RowHash(512 + response.Body.Length);
        hash.Add(response.Id);
        hash.Add(record.Key);
        hash.Add((long)record.Outcome);
        hash.Add(Microseconds.From(record.StartedAt));
        hash.Add(record.TextDigest);
        hash.Add(response.Body);
        hash.Add(record.StepKey);
        hash.Add(last is null ? null : record.RequestMessages.Count);
        hash.Add(last is null ? null : record.ResponseMessages.Count);
        hash.Add(last);
        return hash.End();
    }

    /// <summary>Of columns as one of the others would have them.</summary>
    public static ContentDigest Of(Statement rows, int first, int count)
    {
        var hash = new RowHash(4096);
        for (var column = first; column < first + count; column++)
            if (rows.IsNull(column))
                hash.AddNothing();
            else if (rows.IsNumber(column))
                hash.Add(rows.Number(column));
            else
                hash.Add(rows.Bytes(column));
        return hash.End();
    }

    private void AddNothing() => Take(1)[0] = Nothing;

    private void Add(long value)
    {
        var place = Take(Overhead);
        place[0] = Number;
        BinaryPrimitives.WriteInt64BigEndian(place[1..], value);
    }

    private void Add(ReadOnlySpan<byte> value) => value.CopyTo(TakeText(value.Length));

    private void AddOrNothing(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            AddNothing();
        else
            Add(value);
    }

    private void Add(string? value)
    {
        if (value is null)
            AddNothing();
        else
            Encoding.UTF8.GetBytes(value, TakeText(Encoding.UTF8.GetByteCount(value)));
    }

    private void Add(long? value)
    {
        if (value is { } number)
            Add(number);
        else
            AddNothing();
    }

    private void Add(RecordId? value)
    {
        if (value is { } id)
            id.CopyTo(TakeText(RecordId.Size));
        else
            AddNothing();
    }

    private void Add(ContentDigest? value)
    {
        if (value is { } digest)
            digest.CopyTo(TakeText(ContentDigest.Size));
        else
            AddNothing();
    }

    private Span<byte> TakeText(int length)
    {
        var place = Take(Overhead + length);
        place[0] = Text;
        BinaryPrimitives.WriteInt64BigEndian(place[1..], length);
        return place[Overhead..];
    }

    private Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + count, 2 * _buffer.Length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }

    private ContentDigest End()
    {
        var digest = ContentDigest.Of(_buffer.AsSpan(0, _length));
        ArrayPool<byte>.Shared.Return(_buffer);
        return digest;
    }
}
