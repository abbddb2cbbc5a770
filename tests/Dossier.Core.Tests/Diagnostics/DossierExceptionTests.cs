namespace Dossier.Core.Tests.Diagnostics;

public sealed class DossierExceptionTests
{
    private const string Key = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";

    [Fact]
    public void Message_HasNoKeys() =>
        new DossierException($"Model '{Key}' is not known.").Message.Should().Be("Model '[masked]' is not known.");

    [Fact]
    public async Task KeyInThePlaceOfAModel_IsNotThrown()
    {
        await using var test = await TestSession.OpenAsync();

        var get = () => test.Session.GetChatClient(Key);

        get.Should().Throw<ModelResolutionException>().WithMessage("*'[masked]'*").And.ToString().Should().NotContain(Key);
    }
}
