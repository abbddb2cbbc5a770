namespace Dossier.Core.Tests.Models;

public sealed class CatalogueWriterTests
{
    [Fact]
    public void WriteThenRead_KeepsEveryFactAndItsSource()
    {
        var date = new DateOnly(2026, 11, 24);
        ModelDescriptor[] models =
        [
            FullModel.Create("p", "one", 1),
            ModelMerge.Over(FullModel.Create("p", "two", 1), FullModel.Create("p", "two", 2) with { Price = null }),
            ModelDescriptor.Unknown("q", "nothing \"known\" <é>"),
        ];

        var read = CatalogueReader.Read(CatalogueWriter.Write(new(date, models)).Span);

        read.Date.Should().Be(date);
        read.Models.Should().BeEquivalentTo(models, options => options.WithStrictOrdering());
        foreach (var (after, before) in read.Models.Zip(models))
            ModelFact.Names.Should().OnlyContain(fact => after.SourceOf(fact) == before.SourceOf(fact));
    }

    [Fact]
    public void EmbeddedCatalogue_SurvivesTheWriter()
    {
        var embedded = EmbeddedCatalogue.Index.Models;

        CatalogueReader.Read(CatalogueWriter.Write(new(EmbeddedCatalogue.Date, embedded)).Span).Models.Should().BeEquivalentTo(embedded);
    }
}
