using System.Globalization;
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

    private bool IsWhole => Kind is JsonValueKind.Number && double.IsInteger(Number) && Math.Abs(Number) < LargestWhole;
    private bool IsShortText => Kind is JsonValueKind.String && Encoding.UTF8.GetByteCount(Text!) <= LongestText;

    /// <summary>What stands for long text, and for what is neither text nor number.</summary>
    private byte[] Bytes => Kind is JsonValueKind.String ? SHA256.HashData(Encoding.UTF8.GetBytes(Text!))[..12] : [(byte)Kind];

    /// <summary>What it is in the index, as text: equal for what is equal there.</summary>
    public string Key =>
        IsWhole ? WholeKey((long)Number)
        : Kind is JsonValueKind.Number ? RealKey(Number)
        : IsShortText ? TextKey(Text!)
        : BytesKey(Bytes);

    /// <summary>The same of what a row of the index has, in the columns of its type and itself.</summary>
    public static string KeyOf(Statement rows, int typeColumn) =>
        rows.Text(typeColumn) switch
        {
            "integer" => WholeKey(rows.Number(typeColumn + 1)),
            "real" => RealKey(rows.Real(typeColumn + 1)),
            "text" => TextKey(rows.Text(typeColumn + 1)),
            _ => BytesKey(rows.Bytes(typeColumn + 1)),
        };

    public void Bind(Statement statement, int index)
    {
        if (IsWhole)
            statement.Bind(index, (long)Number);
        else if (Kind is JsonValueKind.Number)
            statement.Bind(index, Number);
        else if (IsShortText)
            statement.BindText(index, Text);
        else
            statement.BindBlob(index, Bytes);
    }

    private static string WholeKey(long whole) => string.Create(CultureInfo.InvariantCulture, $"i{whole}");

    private static string RealKey(double number) =>
        string.Create(CultureInfo.InvariantCulture, $"r{BitConverter.DoubleToInt64Bits(number)}");

    private static string TextKey(string text) => $"t{text}";

    private static string BytesKey(ReadOnlySpan<byte> bytes) => $"b{Convert.ToHexStringLower(bytes)}";
}
