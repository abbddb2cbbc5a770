using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier.Tests.Providers;

public sealed class LocalProviderTests
{
    [Fact]
    public void Extractive_NamesItselfInItsMetadata()
    {
        using var client = Open("extractive");

        var metadata = client.GetService<ChatClientMetadata>()!;

        metadata.ProviderName.Should().Be("local");
        metadata.ProviderUri.Should().BeNull();
        metadata.DefaultModelId.Should().Be("extractive");
    }

    [Fact]
    public void UnknownModel_NamesTheKnownOnes()
    {
        var act = () => Open("abstractive");

        var exception = act.Should()
            .Throw<ModelResolutionException>()
            .WithMessage("Provider 'local' has no model 'abstractive'. It has: extractive. Ask for 'local/extractive'.")
            .Which;
        exception.Model.Should().Be("abstractive");
        exception.Candidates.Should().Equal("local/extractive");
    }

    private static IChatClient Open(string model) =>
        new LocalProvider().CreateChatClient(model, new("local", new(), NullLoggerFactory.Instance, TimeProvider.System));
}
