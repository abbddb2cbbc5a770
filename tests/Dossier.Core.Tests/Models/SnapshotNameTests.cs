namespace Dossier.Core.Tests.Models;

public sealed class SnapshotNameTests
{
    [Theory]
    [InlineData("gpt-5-mini-2025-08-07", "gpt-5-mini")]
    [InlineData("claude-sonnet-4-5-20250929", "claude-sonnet-4-5")]
    [InlineData("claude-sonnet-4-5@20250929", "claude-sonnet-4-5")]
    [InlineData("gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash-preview")]
    [InlineData("grok-4-0709", "grok-4")]
    [InlineData("mistral-large-2512", "mistral-large")]
    [InlineData("claude-3-5-sonnet-latest", "claude-3-5-sonnet")]
    public void DatedName_LosesItsDate(string name, string expected) => SnapshotName.WithoutDate(name).Should().Be(expected);

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("gpt-5-mini-2025-25-11")]
    [InlineData("claude-sonnet-4-5-20251329")]
    [InlineData("model-9999")]
    [InlineData("model-2024")]
    [InlineData("model20250929")]
    [InlineData("-20250929")]
    [InlineData("20250929")]
    [InlineData("latest")]
    [InlineData("")]
    public void OtherName_HasNone(string name) => SnapshotName.WithoutDate(name).Should().BeNull();
}
