namespace Dossier.Tests.Providers;

public sealed class ExtractiveSummaryTests
{
    [Theory]
    [InlineData(
        "See the [guide to the sea](https://example.org/a_b) and `the_code` today.",
        "See the guide to the sea and the_code today."
    )]
    [InlineData("The sea is **really _very_ deep**, they say &amp; write.", "The sea is really very deep, they say & write.")]
    [InlineData("[![build](a.svg)](b) The sea is <b>deep</b> and wide.", "The sea is deep and wide.")]
    [InlineData("- [x] The sea is deep and wide", "The sea is deep and wide.")]
    [InlineData("> The sea is deep,\n> and it is wide.", "The sea is deep, and it is wide.")]
    [InlineData("Snake case such as max_output_tokens stays as it is.", "Snake case such as max_output_tokens stays as it is.")]
    public void Markup_IsTakenOff(string markdown, string sentence) => Summarize(markdown).Should().Equal(sentence);

    [Theory]
    [InlineData("# This is a heading of many words\n\nThe sea is deep and wide.")]
    [InlineData("This is a heading of many words\n===\nThe sea is deep and wide.")]
    [InlineData("---\ntitle: This is no prose at all\n---\nThe sea is deep and wide.")]
    [InlineData("```sh\nThis is code and not a sentence at all.\n```\nThe sea is deep and wide.")]
    [InlineData("The sea is deep and wide.\n~~~\nThis is code that nothing closes, to the end.")]
    [InlineData("| This | is | a table |\n|---|---|---|\n| of | several words | here. |\n\nThe sea is deep and wide.")]
    [InlineData("<!-- This is a comment\nof several lines, and no more. -->\nThe sea is deep and wide.")]
    [InlineData("[link]: https://example.org/ \"This is where it leads, you know.\"\n\nThe sea is deep and wide.")]
    [InlineData("You install it like this on Linux:\n\nThe sea is deep and wide.")]
    [InlineData("- Too short\n- The sea is deep and wide.")]
    public void WhatIsNoProse_IsLeftOut(string markdown) => Summarize(markdown).Should().Equal("The sea is deep and wide.");

    [Fact]
    public void Abbreviations_EndNoSentence()
    {
        var sentences = Summarize("Dr. Who has many friends, e.g. Amy and J. Smith of London. Version 2.0 came out in the year after.");

        sentences.Should().Equal("Dr. Who has many friends, e.g. Amy and J. Smith of London.", "Version 2.0 came out in the year after.");
    }

    [Fact]
    public void LinesOfAParagraph_AreJoined()
    {
        Summarize("The sea is deep\nand it is also wide.\n\nThe land is high and dry.")
            .Should()
            .BeEquivalentTo("The sea is deep and it is also wide.", "The land is high and dry.");
    }

    [Fact]
    public void TextWithoutSentences_GivesItsFirstLines()
    {
        Summarize("# Title\n\n| a | b |\n").Should().Equal("# Title", "| a | b |");
    }

    [Fact]
    public void Repetition_IsNotPickedTwice()
    {
        const string Text = """
            Whales are the largest animals of the sea. Coasts of the north are known for storms in winter. Whales, of the animals of the sea, are the largest.
            """;

        var sentences = ExtractiveSummary.Rank(Text, 2, TestContext.Current.CancellationToken);

        sentences.Select(sentence => sentence.Position).Should().Equal(0, 1);
    }

    private static IEnumerable<string> Summarize(string text) =>
        ExtractiveSummary
            .Rank(text, 5, TestContext.Current.CancellationToken)
            .OrderBy(sentence => sentence.Position)
            .Select(sentence => sentence.Text);
}
