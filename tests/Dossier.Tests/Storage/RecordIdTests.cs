using Dossier.Storage;

namespace Dossier.Tests.Storage;

public sealed class RecordIdTests
{
    [Fact]
    public void LowerHex_SurvivesTheRoundTrip()
    {
        var bytes = new byte[RecordId.Size];

        RecordId.Parse("0123456789abcdef00ff00000000000a").CopyTo(bytes);

        RecordId.ToText(bytes).Should().Be("0123456789abcdef00ff00000000000a");
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789ABCDEF00ff00000000000a")]
    [InlineData("0123456789abcdef00ff00000000000")]
    [InlineData("0123456789abcdef-0ff00000000000a")]
    public void AnyOtherForm_IsNoId(string text)
    {
        var parse = () => RecordId.Parse(text);

        RecordId.Find(text).Should().BeNull();
        parse.Should().Throw<ArgumentException>().WithMessage($"*'{text}'*");
    }
}
