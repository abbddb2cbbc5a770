namespace Dossier.Core.Tests.Models;

public sealed class ModelDescriptorTests
{
    [Fact]
    public void Unknown_KnowsNothing()
    {
        var model = ModelDescriptor.Unknown("acme", "secret-1");

        model.DisplayName.Should().Be("secret-1");
        model.ContextTokens.Should().BeNull();
        model.InputModalities.Should().BeNull();
        model.Vision.Should().Be(Support.Unknown);
        model.Tools.Should().Be(Support.Unknown);
        model.Price.Should().BeNull();
        model.LifeCycle.Should().Be(LifeCycle.Unknown);
        model.ToString().Should().Be("acme/secret-1: context unknown, output unknown; reads unknown; unpriced");
    }

    [Theory]
    [InlineData("", "m")]
    [InlineData("p", " ")]
    public void Unknown_EmptyName_IsRefused(string provider, string id)
    {
        var create = () => ModelDescriptor.Unknown(provider, id);

        create.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void InputModalities_DecideVisionAudioAndPdf()
    {
        var model = ModelDescriptor.Unknown("p", "m") with { InputModalities = Modalities.Text | Modalities.Image | Modalities.Pdf };

        model.Vision.Should().Be(Support.Yes);
        model.PdfInput.Should().Be(Support.Yes);
        model.AudioInput.Should().Be(Support.No);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("contexttokens")]
    public void SourceOf_UnknownFact_ListsThoseThatThereAre(string fact)
    {
        var ask = () => ModelDescriptor.Unknown("p", "m").SourceOf(fact);

        ask.Should().Throw<ArgumentException>().WithMessage($"*'{fact}'*context_tokens*price*");
    }

    [Fact]
    public void SourceOf_VisionAsksForTheInputModalities()
    {
        var registry = new ModelRegistry([]);
        registry.OverrideFacts("p", "m", new ModelOverrides { InputModalities = Modalities.Image }, new FactSource("appsettings.json"));

        registry.Get("p", "m")!.SourceOf("vision").Name.Should().Be("appsettings.json");
        registry.Get("p", "m")!.SourceOf("Tools").Name.Should().Be("unknown");
    }

    [Fact]
    public void ToString_IsOneReadableLine()
    {
        var model = new ModelDescriptor
        {
            Provider = "acme",
            Id = "m-1",
            ContextTokens = 400_000,
            MaxOutputTokens = 128_000,
            InputModalities = Modalities.Text | Modalities.Image,
            Tools = Support.Yes,
            Reasoning = Support.Yes,
            Price = new ModelPrice
            {
                Input = 0.25m,
                Output = 2m,
                Source = new FactSource("list"),
            },
            LifeCycle = LifeCycle.EndOfLife,
        };

        model
            .ToString()
            .Should()
            .Be(
                "acme/m-1: context 400,000, output 128,000; reads text, image; tools, reasoning; 0.25 USD in, 2 USD out per million tokens (list); no longer served"
            );
    }
}
