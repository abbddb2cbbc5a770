using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Dossier.Storage;

/// <summary>
/// A metadata value as the index keeps it: values that are equal have equal ones. It may be coarser than the value (long text,
/// numbers beyond what a double holds exactly), so what the index finds is checked again on the record.
/// </summary>
internal readonly record struct FactValue
{
    private const int LongestText = 48;
    private const double LargestWhole = 1L << 53;

    private FactValue(JsonValueKind kind, double number = 0, string? text = null) => (Kind, Number, Text) = (kind, number, text);

    private JsonValueKind Kind { get; }
    private double Number { get; }
    private string? Text { get; }

    /// <summary>Null for objects and arrays, which no query compares.</summary>
    public static FactValue? Of(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False => new(value.ValueKind),
            JsonValueKind.Number => new(JsonValueKind.Number, value.GetDouble()),
            JsonValueKind.String => new(JsonValueKind.String, text: value.GetString()!),
            _ => null,
        };

    public void Bind(Statement statement, int index)
    {
        switch (Kind)
        {
            case JsonValueKind.Number when double.IsInteger(Number) && Math.Abs(Number) < LargestWhole:
                statement.Bind(index, (long)Number);
                break;
            case JsonValueKind.Number:
                statement.Bind(index, Number);
                break;
            case JsonValueKind.String when Encoding.UTF8.GetByteCount(Text!) <= LongestText:
                statement.BindText(index, Text);
                break;
            case JsonValueKind.String:
                statement.BindBlob(index, SHA256.HashData(Encoding.UTF8.GetBytes(Text!)).AsSpan(0, 12));
                break;
            default:
                statement.BindBlob(index, [(byte)Kind]);
                break;
        }
    }
}
