namespace Dossier.Core.Tests.Search;

public sealed class SearchExpressionTests
{
    [Theory]
    [InlineData("a b", "a", "b")]
    [InlineData("\"a b\" c", "a b", "c")]
    [InlineData("\"a b", "a b")]
    [InlineData("a\"b c\"", "a", "b c")]
    [InlineData("a-b.c", "a b c")]
    [InlineData("-a -\"b c\"", "-a", "-b c")]
    [InlineData("a* \"b c\"* -d*", "a*", "b c*", "-d*")]
    [InlineData("* - \"\" --")]
    [InlineData("a*b", "a b")]
    [InlineData("  \t\n ")]
    [InlineData("\"a;b\"", "a b")]
    public void Text_IsReadAsTerms(string text, params string[] terms)
    {
        SearchExpression
            .Parse(text)
            .Terms.Select(term => $"{(term.IsExcluded ? "-" : "")}{string.Join(' ', term.Words)}{(term.IsPrefix ? "*" : "")}")
            .Should()
            .Equal(terms);
    }

    [Fact]
    public void TooManyTerms_AreRefused()
    {
        var text = string.Join(' ', Enumerable.Range(0, 101));

        FluentActions.Invoking(() => SearchExpression.Parse(text)).Should().Throw<ArgumentException>().WithMessage("*more than 100 words*");
    }

    [Theory]
    [InlineData("a -b", true)]
    [InlineData("-b", false)]
    [InlineData("", false)]
    public void CanMatch_NeedsAWordToLookFor(string text, bool canMatch)
    {
        SearchExpression.Parse(text).CanMatch.Should().Be(canMatch);
    }
}
