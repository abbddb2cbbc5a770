namespace Dossier.Tests.Configuration;

public sealed class NearestNameTests
{
    [Fact]
    public void NearNames_ComeNearestFirst()
    {
        NearestName.Of("openia", ["anthropic", "openai2", "openai", "OPENIA"]).Should().Equal("OPENIA", "openai", "openai2");
    }

    [Fact]
    public void AtMostThree_AreGiven()
    {
        NearestName.Of("a1", ["a2", "a3", "a4", "a5"]).Should().Equal("a2", "a3", "a4");
    }

    [Fact]
    public void FarNames_AreNotGiven()
    {
        NearestName.Of("openai", ["mistral"]).Should().BeEmpty();
    }

    [Fact]
    public void WithoutANearName_AllAreSuggested()
    {
        NearestName.Suggest("groq", ["mistral", "anthropic"]).Should().Be("Known are anthropic, mistral.");
    }
}
