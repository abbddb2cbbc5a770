namespace Dossier.Core.Tests.Models;

public sealed class NearestNamesTests
{
    [Theory]
    [InlineData("openai", "openai", 0)]
    [InlineData("openai", "OpenAI", 0)]
    [InlineData("gpt5mini", "gpt-5-mini", 0)]
    [InlineData("opnai", "openai", 1)]
    [InlineData("oepnai", "openai", 1)]
    [InlineData("opexai", "openai", 1)]
    [InlineData("vison", "vision", 1)]
    [InlineData("ab", "cd", 2)]
    [InlineData("", "abc", 3)]
    [InlineData("sonnet", "claude-sonnet-5", 2)]
    public void Distance_CountsEdits(string left, string right, int expected)
    {
        NearestNames.Distance(left, right).Should().Be(expected);
        NearestNames.Distance(right, left).Should().Be(expected);
    }

    [Fact]
    public void Of_GivesTheNearestFirst() =>
        NearestNames.Of("visionn", ["reasoning", "vision_x", "vision", "tools"], 2).Should().Equal("vision", "vision_x");

    [Fact]
    public void Of_NothingNear_IsEmpty() => NearestNames.Of("qqqq", ["openai", "anthropic"], 3).Should().BeEmpty();
}
