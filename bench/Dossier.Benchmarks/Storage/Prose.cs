using System.Text;

namespace Dossier.Benchmarks.Storage;

/// <summary>
/// JSON documents of 1,024 bytes whose words are as frequent as those of written language: the n-th of 20,000 comes up about
/// once in 10 n words (Zipf's law). Random letters would make nearly every word a new one, which no text does.
/// </summary>
internal static class Prose
{
    private const int Size = 1024;
    private static readonly string[] Words = MakeWords();
    private static readonly double[] Cumulated = Cumulate(Words.Length);

    public static byte[] Json(int number)
    {
        var random = new Random(number);
        var text = new StringBuilder($"{{\"number\":{number},\"title\":\"Record {number}\",\"text\":\"");
        while (text.Length < Size - 2)
            text.Append(Pick(random)).Append(' ');
        text.Length = Size - 2;
        return Encoding.ASCII.GetBytes(text.Append("\"}").ToString());
    }

    /// <summary>Such words alone, of exactly so many bytes.</summary>
    public static string Text(int number, int bytes)
    {
        var random = new Random(number);
        var text = new StringBuilder();
        while (text.Length < bytes)
            text.Append(Pick(random)).Append(' ');
        return text.ToString(0, bytes);
    }

    private static string Pick(Random random)
    {
        var at = Array.BinarySearch(Cumulated, random.NextDouble() * Cumulated[^1]);
        return Words[at < 0 ? Math.Min(~at, Words.Length - 1) : at];
    }

    private static double[] Cumulate(int count)
    {
        var sums = new double[count];
        var sum = 0d;
        for (var i = 0; i < count; i++)
            sums[i] = sum += 1d / (i + 1);
        return sums;
    }

    private static string[] MakeWords()
    {
        const string Consonants = "bcdfghklmnprstvw";
        const string Vowels = "aeiou";
        var random = new Random(1);
        var words = new HashSet<string>();
        // Frequent words are short, rare ones long, as they are everywhere.
        while (words.Count < 20_000)
        {
            var word = new StringBuilder();
            var syllables = 1 + (int)Math.Log10(words.Count + 1) + random.Next(2);
            for (var i = 0; i < syllables; i++)
                word.Append(Consonants[random.Next(Consonants.Length)]).Append(Vowels[random.Next(Vowels.Length)]);
            words.Add(word.Append(random.Next(3) == 0 ? "n" : "").ToString());
        }
        return [.. words];
    }
}
