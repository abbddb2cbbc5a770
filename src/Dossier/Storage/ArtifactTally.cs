using System.Buffers;
using System.Text.Json;

namespace Dossier.Storage;

/// <summary>
/// Counts and bytes by content type. A session's row holds its own as JSON, <c>{"text/plain":[3,1024]}</c>: it is written with every commit
/// anyway, so that a sum over all artifacts of a session costs neither an index nor a scan.
/// </summary>
internal sealed class ArtifactTally
{
    private readonly Dictionary<string, (long Count, long Bytes)> _totals = [];

    public IReadOnlyList<ArtifactTotals> Totals =>
        [
            .. _totals.Select(pair => new ArtifactTotals
            {
                ContentType = pair.Key,
                Count = checked((int)pair.Value.Count),
                Bytes = pair.Value.Bytes,
            }),
        ];

    /// <summary>Adds artifacts, or with negative numbers takes them away.</summary>
    public void Add(string contentType, long count, long bytes)
    {
        var (oldCount, oldBytes) = _totals.GetValueOrDefault(contentType);
        if (oldCount + count == 0)
            _totals.Remove(contentType);
        else
            _totals[contentType] = (oldCount + count, oldBytes + bytes);
    }

    /// <summary>Adds what is encoded; nothing for an empty span.</summary>
    public void AddEncoded(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var contentType = reader.GetString()!;
            reader.Read();
            reader.Read();
            var count = reader.GetInt64();
            reader.Read();
            Add(contentType, count, reader.GetInt64());
            reader.Read();
        }
    }

    /// <summary>Empty when there is nothing.</summary>
    public byte[] Encode()
    {
        if (_totals.Count == 0)
            return [];
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (contentType, (count, bytes)) in _totals)
            {
                writer.WriteStartArray(contentType);
                writer.WriteNumberValue(count);
                writer.WriteNumberValue(bytes);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
