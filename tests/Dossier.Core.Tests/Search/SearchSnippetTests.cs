using Dossier.Storage;

namespace Dossier.Core.Tests.Search;

public sealed class SearchSnippetTests
{
    [Theory]
    [InlineData("fox", "The quick brown fox.", "The quick brown [fox].")]
    [InlineData("\"quick brown\" FOX", "The quick brown fox.", "The [quick brown] [fox].")]
    [InlineData("cafe*", "un\ncafé\tet cafétéria", "un [café] et [cafétéria]")]
    [InlineData("name", "no such word", "no such word")]
    [InlineData("x", "", "")]
    [InlineData("a -b", "a b", "[a] b")]
    public void ShortText_IsShownWhole(string search, string text, string shown)
    {
        Show(search, text).Should().Be(shown);
    }

    [Fact]
    public void LongText_IsCutAroundTheWords()
    {
        var text = string.Concat(Enumerable.Repeat("hay ", 100)) + "needle " + string.Concat(Enumerable.Repeat("hay ", 100));

        var shown = Show("needle", text);

        shown.Should().StartWith("…hay").And.EndWith("hay…").And.Contain(" [needle] ");
        shown.Length.Should().BeLessThan(210);
    }

    [Fact]
    public void PlaceWithMoreOfTheWords_IsPreferred()
    {
        var text = "alpha " + string.Concat(Enumerable.Repeat("hay ", 100)) + "alpha beta";

        Show("alpha beta", text).Should().EndWith("[alpha] [beta]");
    }

    [Fact]
    public void TextWithoutSpaces_IsNotCutInsideACharacter()
    {
        var text = string.Concat(Enumerable.Repeat("😀", 300));

        var (snippet, _) = SearchSnippet.Of(new(SearchExpression.Parse("x")), text);

        snippet.EnumerateRunes().Should().NotContain(System.Text.Rune.ReplacementChar);
    }

    private static string Show(string search, string text)
    {
        var (snippet, highlights) = SearchSnippet.Of(new(SearchExpression.Parse(search)), text);
        return highlights.Reverse().Aggregate(snippet, (shown, range) => shown.Insert(range.End.Value, "]").Insert(range.Start.Value, "["));
    }
}
