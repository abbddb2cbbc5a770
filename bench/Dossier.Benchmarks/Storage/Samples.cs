using System.Text;

namespace Dossier.Benchmarks.Storage;

/// <summary>The data that the storage benchmarks write.</summary>
internal static class Samples
{
    /// <summary>A JSON document of exactly 1,024 bytes that no other number gives.</summary>
    public static byte[] Json(int number)
    {
        var random = new Random(number);
        var text = new StringBuilder($"{{\"number\":{number},\"title\":\"Record {number}\",\"text\":\"");
        const string Letters = "abcdefghijklmnopqrstuvwxyz     ";
        while (text.Length < 1022)
            text.Append(Letters[random.Next(Letters.Length)]);
        return Encoding.ASCII.GetBytes(text.Append("\"}").ToString());
    }

    /// <summary>The documents of a round, which no other round has.</summary>
    public static byte[][] Round(int round, int count) => [.. Enumerable.Range(round * count, count).Select(Json)];
}
