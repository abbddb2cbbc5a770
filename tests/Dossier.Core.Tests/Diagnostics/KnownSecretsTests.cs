namespace Dossier.Core.Tests.Diagnostics;

public sealed class KnownSecretsTests
{
    [Theory]
    [InlineData("Authorization", "Bearer header-token-1", new[] { "Bearer header-token-1", "header-token-1" })]
    [InlineData("X-Api-Key", "header-key-1", new[] { "header-key-1", "header-key-1" })]
    [InlineData("X-Signature", "signed-1", new[] { "signed-1", "signed-1" })]
    [InlineData("X-Title", "my-application", new string[0])]
    public void Header_HoldsASecretWhenItsNameSaysSo(string name, string value, string[] expected)
    {
        KnownSecrets.InHeader(name, value).Should().Equal(expected);
    }

    [Fact]
    public void Uri_HoldsItsPasswordAndSecretParameters()
    {
        KnownSecrets
            .InUri(new("https://me:pass%2Fword@example.com/?version=2026-01-01&api-key=query%2Bkey"))
            .Should()
            .Equal("pass%2Fword", "pass/word", "query%2Bkey", "query+key");
    }

    [Fact]
    public void Maskable_AreLongTrimmedOnceEachAndLongestFirst()
    {
        KnownSecrets.Maskable(["12345678", null, " none ", " 12345678\n", "a-longer-secret"]).Should().Equal("a-longer-secret", "12345678");
    }
}
