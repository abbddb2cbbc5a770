using System.Globalization;
using System.Text;

namespace Dossier.Storage;

/// <summary>A word of a text: how it compares, and where it stands.</summary>
internal readonly record struct SearchToken(string Folded, int Start, int Length);

/// <summary>
/// Cuts text into words as SQLite's tokenizer unicode61 with remove_diacritics does: runs of letters, digits and marks.
/// Diacritics are taken off Latin letters by a table, because .NET has no Unicode decomposition when it runs without culture data.
/// </summary>
internal static class SearchTokens
{
    private const int LatinStart = 0xC0;
    private const int LatinExtendedStart = 0x1E00;

    // A space stands for what has no diacritic to take off.
    private const string Latin =
        "aaaaaa ceeeeiiii nooooo  uuuuy  aaaaaa ceeeeiiii nooooo  uuuuy yaaaaaaccccccccdd  eeeeeeeeeegggg"
        + "gggghh  iiiiiiiii   jjkk llllll    nnnnnn   oooooo  rrrrrrsssssssstttt  uuuuuuuuuuuuwwyyyzzzzzz "
        + "                                oo             uu                            aaiioouuuuuuuuuu aa"
        + "aa    ggkkoooo  j   gg  nnaa    aaaaeeeeiiiioooorrrruuuusstt  hh      aaeeooooooooyy            ";

    private const string LatinExtended =
        "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrr"
        + "ssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy      aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
        + "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy      ";

    public static List<SearchToken> Of(string text)
    {
        var tokens = new List<SearchToken>();
        var folded = new StringBuilder();
        var start = -1;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsPart(rune))
            {
                if (start < 0)
                    start = at;
                Fold(rune, folded);
            }
            else if (start >= 0)
                End(at);
            at += rune.Utf16SequenceLength;
        }
        if (start >= 0)
            End(text.Length);
        return tokens;

        void End(int end)
        {
            if (folded.Length > 0)
                tokens.Add(new(folded.ToString(), start, end - start));
            folded.Clear();
            start = -1;
        }
    }

    /// <summary>One word as it compares.</summary>
    public static string Fold(string word)
    {
        var folded = new StringBuilder(word.Length);
        foreach (var rune in word.EnumerateRunes())
            Fold(rune, folded);
        return folded.ToString();
    }

    private static bool IsPart(Rune rune) =>
        rune.IsAscii
            ? char.IsAsciiLetterOrDigit((char)rune.Value)
            : Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.UppercaseLetter
                    or UnicodeCategory.LowercaseLetter
                    or UnicodeCategory.TitlecaseLetter
                    or UnicodeCategory.ModifierLetter
                    or UnicodeCategory.OtherLetter
                    or UnicodeCategory.NonSpacingMark
                    or UnicodeCategory.DecimalDigitNumber
                    or UnicodeCategory.LetterNumber
                    or UnicodeCategory.OtherNumber;

    private static void Fold(Rune rune, StringBuilder folded)
    {
        var c = rune.Value;
        var plain = c switch
        {
            >= LatinStart and < LatinStart + 384 => Latin[c - LatinStart],
            >= LatinExtendedStart and < LatinExtendedStart + 256 => LatinExtended[c - LatinExtendedStart],
            _ => ' ',
        };
        if (plain != ' ')
            folded.Append(plain);
        else if (c is < 0x300 or > 0x36F) // the combining diacritics
            folded.Append(Rune.ToLowerInvariant(rune));
    }
}
