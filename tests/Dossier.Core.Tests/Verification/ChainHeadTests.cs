using Dossier.Storage;

namespace Dossier.Core.Tests.Verification;

public sealed class ChainHeadTests
{
    private static readonly ChainHead Head = new(12, ContentDigest.Of("x"u8));

    [Fact]
    public void Text_IsReadBack()
    {
        Head.ToString().Should().StartWith("12:sha256:2d711642");

        ChainHead.Parse(Head.ToString()).Should().Be(Head);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("-1:sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")]
    [InlineData("x:sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")]
    [InlineData("12:sha256:2d71")]
    public void OtherText_IsNone(string? text)
    {
        ChainHead.TryParse(text, null, out var head).Should().BeFalse();

        head.Should().Be(default(ChainHead));
        var parse = () => ChainHead.Parse(text!);
        parse.Should().Throw<FormatException>().WithMessage($"*'{text}'*12:sha256:*");
    }

    [Fact]
    public async Task StorageWithoutChains_SaysSo_OnlyWhenItIsAskedForOne()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        await using var session = await store.OpenAsync(new() { SessionId = "s" }, TestContext.Current.CancellationToken);

        var head = await session.GetChainHeadAsync(TestContext.Current.CancellationToken);
        var asked = await store.VerifyAsync(
            new() { ChainHeads = new Dictionary<string, ChainHead> { ["s"] = Head } },
            cancellationToken: TestContext.Current.CancellationToken
        );
        var unasked = await store.VerifyAsync(cancellationToken: TestContext.Current.CancellationToken);

        head.Should().BeNull();
        asked.Problems.Should().ContainSingle().Which.Kind.Should().Be(VerifyProblemKind.ChainBroken);
        asked.Problems[0].Description.Should().Contain("'s'").And.Contain("keeps no chains");
        unasked.IsClean.Should().BeTrue();
    }
}
