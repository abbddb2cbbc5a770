namespace Dossier.Tests.Configuration;

public sealed class SecretsTests
{
    [Theory]
    [InlineData("ApiKey", "general-key-1", "general-key-1")]
    [InlineData("Providers:openai:ApiKey", " openai-key-1\n", "openai-key-1")]
    [InlineData("Providers:openai:Endpoint", "https://me:pass-word@example.com", "pass-word")]
    [InlineData("Providers:openai:Endpoint", "https://example.com/?version=2026-01-01&api-key=query-key-1", "query-key-1")]
    [InlineData("Providers:openai:Headers:api-key", "header-key-1", "header-key-1")]
    public void Secret_IsFound(string key, string value, string secret)
    {
        In(key, value).Should().Equal(secret);
    }

    [Fact]
    public void TokenOfAHeader_IsFoundWithAndWithoutItsScheme()
    {
        In("Providers:openai:Headers:Authorization", "Bearer header-token-1").Should().Equal("Bearer header-token-1", "header-token-1");
    }

    [Fact]
    public void EscapedPassword_IsFoundInBothForms()
    {
        In("Providers:openai:Proxy", "http://me:pass%2Fword@example.com").Should().Equal("pass%2Fword", "pass/word");
    }

    [Theory]
    [InlineData("ApiKey", "none")]
    [InlineData("Model", "gpt-5-mini")]
    [InlineData("Providers:openai:Headers:X-Title", "my-application")]
    [InlineData("Providers:openai:Endpoint", "https://example.com/v1/")]
    public void WhatIsNoSecret_IsNotFound(string key, string value)
    {
        In(key, value).Should().BeEmpty();
    }

    private static IReadOnlyList<string> In(string key, string value) => Secrets.In([new(key, value, SettingSource.Code, "test")]);
}
