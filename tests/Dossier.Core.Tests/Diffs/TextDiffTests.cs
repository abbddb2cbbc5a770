using CsCheck;

namespace Dossier.Core.Tests.Diffs;

public sealed class TextDiffTests
{
    private static readonly Gen<string[]> Lines = Gen.Int[0, 3].Select(i => "abcd"[i..(i + 1)]).Array[0, 12];

    [Fact]
    public void AnyTwoTexts_AreMadeOfOneAnother() =>
        Gen.Select(Lines, Lines)
            .Sample(
                (left, right) =>
                {
                    var edits = LineDiff.Compare(left, right);

                    edits.Where(edit => edit.Kind is not DiffLineKind.Added).Select(edit => edit.Text).Should().Equal(left);
                    edits.Where(edit => edit.Kind is not DiffLineKind.Removed).Select(edit => edit.Text).Should().Equal(right);
                }
            );

    [Fact]
    public void AnyTwoTexts_DifferByAsFewLinesAsPossible() =>
        Gen.Select(Lines, Lines)
            .Sample(
                (left, right) =>
                    LineDiff.Compare(left, right).Count(edit => edit.Kind is DiffLineKind.Same).Should().Be(LongestCommon(left, right))
            );

    [Fact]
    public void SameTexts_HaveNoLines()
    {
        var diff = TextDiff.Of("one\ntwo", "one\ntwo");

        diff.Lines.Should().BeEmpty();
        (diff.Added, diff.Removed, diff.IsCut).Should().Be((0, 0, false));
        diff.ToString().Should().BeEmpty();
    }

    [Fact]
    public void Changes_AreShownWithTheLinesAround()
    {
        var left = string.Join('\n', Enumerable.Range(1, 20));
        var right = left.Replace("5\n", "five\n", StringComparison.Ordinal)
            .Replace("\n18", "\n18\n18 and a half", StringComparison.Ordinal);

        var diff = TextDiff.Of(left, right);

        diff.ToString()
            .Should()
            .Be("  3\n  4\n- 5\n+ five\n  6\n  7\n…\n  13\n  14\n- 15\n+ 1five\n  16\n  17\n  18\n+ 18 and a half\n  19\n  20");
        (diff.Removed, diff.Added).Should().Be((2, 3));
    }

    [Fact]
    public void TextsWithNothingInCommon_AreReplacedAsAWhole()
    {
        var left = Enumerable.Range(0, 2_000).Select(i => $"left {i}").ToArray();
        var right = Enumerable.Range(0, 2_000).Select(i => $"right {i}").ToArray();

        var edits = LineDiff.Compare(["same", .. left, "end"], ["same", .. right, "end"]);

        edits.Where(edit => edit.Kind is DiffLineKind.Same).Select(edit => edit.Text).Should().Equal("same", "end");
        edits.Count(edit => edit.Kind is DiffLineKind.Removed).Should().Be(2_000);
        edits.Count(edit => edit.Kind is DiffLineKind.Added).Should().Be(2_000);
    }

    [Fact]
    public void ManyLines_AreCutAndSaySo()
    {
        var diff = TextDiff.Of("", string.Join('\n', Enumerable.Range(0, 1_000)));

        diff.Lines.Should().HaveCount(400);
        (diff.Added, diff.IsCut).Should().Be((1_000, true));
        diff.ToString().Should().EndWith("… cut, there may be more");
    }

    [Fact]
    public void LongLine_IsCutAndSaysSo()
    {
        var diff = TextDiff.Of("", new string('x', 10_000));

        diff.Lines[^1].Text.Should().HaveLength(2_001).And.EndWith("…");
        diff.IsCut.Should().BeTrue();
    }

    private static int LongestCommon(string[] left, string[] right)
    {
        var lengths = new int[left.Length + 1, right.Length + 1];
        for (var i = 1; i <= left.Length; i++)
        for (var j = 1; j <= right.Length; j++)
            lengths[i, j] = left[i - 1] == right[j - 1] ? lengths[i - 1, j - 1] + 1 : Math.Max(lengths[i - 1, j], lengths[i, j - 1]);
        return lengths[left.Length, right.Length];
    }
}
