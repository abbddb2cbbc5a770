namespace Dossier.Core.Tests.Models;

public sealed class CatalogueRulesTests
{
    private static readonly DateOnly s_date = new(2026, 11, 24);

    private static readonly ModelDescriptor s_served = new()
    {
        Provider = "acme",
        Id = "new",
        Aliases = ["latest"],
        ContextTokens = 1_000,
        MaxInputTokens = 900,
        MaxOutputTokens = 100,
        InputModalities = Modalities.Text | Modalities.Image,
        OutputModalities = Modalities.Text,
        Reasoning = Support.Yes,
        ReasoningOptions = new() { Efforts = ["low", "high"] },
        MediaTypes = ["image/png"],
        ImageLimits = new() { MaxImages = 5 },
        Price = Price(),
        LifeCycle = LifeCycle.Active,
        ReleasedOn = new(2026, 1, 1),
        KnowledgeCutoff = new(2025, 6, 1),
        Source = Source(),
    };

    private static readonly ModelDescriptor s_old = s_served with
    {
        Id = "old",
        Aliases = [],
        LifeCycle = LifeCycle.Deprecated,
        Replacement = "latest",
        ReleasedOn = new(2025, 1, 1),
        KnowledgeCutoff = null,
        DeprecatedOn = new(2026, 2, 1),
        EndOfLifeOn = new(2027, 2, 1),
    };

    private static readonly ModelDescriptor s_gone = s_old with
    {
        Id = "gone",
        LifeCycle = LifeCycle.EndOfLife,
        ContextTokens = null,
        EndOfLifeOn = new(2026, 2, 1),
    };

    private static readonly ModelDescriptor s_embedding = new()
    {
        Provider = "acme",
        Id = "embed",
        ContextTokens = 8_192,
        OutputModalities = Modalities.None,
        Embeddings = Support.Yes,
        EmbeddingDimensions = 1_536,
        Source = Source(),
    };

    public static TheoryData<Broken> Records =>
        [
            new Broken("served without a context", s_served with { ContextTokens = null }, "context of a model that is served"),
            new Broken("limit of 0", s_served with { MaxOutputTokens = 0 }, "not above 0"),
            new Broken("output above context", s_served with { MaxOutputTokens = 1_001 }, "output is above its context"),
            new Broken("input above context", s_served with { MaxInputTokens = 1_001 }, "input is above its context"),
            new Broken("source without a date", s_served with { Source = new("a") }, "no date"),
            new Broken("fact without a name", s_served with { OtherSources = [new("telepathy", Source())] }, "no name"),
            new Broken("price of another source", s_served with { Price = Price() with { Source = new("b", s_date) } }, "another source"),
            new Broken("free", s_served with { Price = Price() with { Input = 0 } }, "it is free"),
            new Broken("cached above input", s_served with { Price = Price() with { CachedInput = 2.1m } }, "cached input costs more"),
            new Broken("write below input", s_served with { Price = Price() with { CacheWrite = 1.9m } }, "cache write costs less"),
            new Broken("hour below write", s_served with { Price = Price() with { CacheWrite1h = 2.4m } }, "cache write costs less"),
            new Broken("hour without write", s_served with { Price = Price() with { CacheWrite = null } }, "usual one none"),
            new Broken("sound below text", s_served with { Price = Price() with { AudioInput = 1.9m } }, "sound costs less"),
            new Broken("cached sound alone", s_served with { Price = Price() with { CachedAudioInput = 1 } }, "sound none"),
            new Broken("tier without a threshold", s_served with { Price = Tiered(Tier() with { AboveInputTokens = 0 }) }, "no threshold"),
            new Broken("two tiers from one threshold", s_served with { Price = Tiered(Tier(), Tier()) }, "no threshold of its own"),
            new Broken("tier below the base", s_served with { Price = Tiered(Tier() with { Input = 2 }) }, "not dearer"),
            new Broken("tier of other classes", s_served with { Price = Tiered(Tier() with { CachedInput = null }) }, "other classes"),
            new Broken("yet to come", s_served with { ReleasedOn = new(2026, 11, 25) }, "yet to come"),
            new Broken("before its time", s_served with { ReleasedOn = new(2019, 1, 1), KnowledgeCutoff = null }, "before there were"),
            new Broken("cutoff after release", s_served with { KnowledgeCutoff = new(2026, 2, 1) }, "came after it"),
            new Broken("deprecated before released", s_old with { ReleasedOn = new(2026, 3, 1) }, "out of order"),
            new Broken("end before deprecation", s_gone with { EndOfLifeOn = new(2026, 1, 1) }, "out of order"),
            new Broken("served after its end", s_old with { EndOfLifeOn = new(2026, 11, 24) }, "disagree"),
            new Broken("gone before its end", s_gone with { EndOfLifeOn = new(2026, 11, 25) }, "disagree"),
            new Broken("deprecated and active", s_old with { LifeCycle = LifeCycle.Active }, "does not say so"),
            new Broken("deprecated without a replacement", s_old with { Replacement = null }, "nothing says what to use"),
            new Broken("gone without a replacement", s_gone with { Replacement = null }, "nothing says what to use"),
            new Broken("replacement that is not there", s_old with { Replacement = "newer" }, "newer is not there"),
            new Broken("replacement that is gone", s_old with { Replacement = "gone" }, "gone is no longer served"),
            new Broken("replacement that is itself", s_old with { Replacement = "old" }, "replaces itself"),
            new Broken(
                "replacement that ends first",
                s_served with
                {
                    Replacement = "old",
                    EndOfLifeOn = new(2027, 3, 1),
                },
                "ends no later"
            ),
            new Broken("name twice", s_old with { Aliases = ["LATEST"] }, "the name is there 2 times"),
            new Broken("options without reasoning", s_served with { Reasoning = Support.No }, "does not reason"),
            new Broken("effort twice", s_served with { ReasoningOptions = new() { Efforts = ["low", "low"] } }, "contradict"),
            new Broken("embedding without dimensions", s_embedding with { EmbeddingDimensions = null }, "number of dimensions"),
            new Broken("dimensions without embedding", s_served with { EmbeddingDimensions = 1_536 }, "without embedding"),
            new Broken("embedding that writes", s_embedding with { OutputModalities = Modalities.Text }, "and writes"),
            new Broken("neither", s_embedding with { Embeddings = Support.No, EmbeddingDimensions = null }, "neither embeds nor writes"),
            new Broken("types without images", s_served with { InputModalities = Modalities.Text }, "reads no images"),
            new Broken("type that is none", s_served with { MediaTypes = ["png"] }, "media type is none"),
            new Broken("no images allowed", s_served with { ImageLimits = new() { MaxImages = 0 } }, "images is not above 0"),
        ];

    [Fact]
    public void SoundRecords_HaveNoFault() => CatalogueRules.FaultsOf([s_served, s_old, s_gone, s_embedding], s_date).Should().BeEmpty();

    [Theory]
    [MemberData(nameof(Records))]
    public void BrokenRecord_IsFound(Broken broken)
    {
        ModelDescriptor[] sound = [s_served, s_old, s_gone, s_embedding];
        var models = sound.Where(model => model.Id != broken.Model.Id).Append(broken.Model).ToList();

        var faults = CatalogueRules.FaultsOf(models, s_date);

        faults.Should().Contain(fault => fault.StartsWith("acme/", StringComparison.Ordinal) && fault.Contains(broken.Fault));
    }

    private static FactSource Source() => new("a", s_date);

    private static ModelPrice Price() =>
        new()
        {
            Input = 2m,
            CachedInput = 0.2m,
            CacheWrite = 2.5m,
            CacheWrite1h = 4m,
            Output = 10m,
            Source = Source(),
        };

    private static ModelPrice Tiered(params ModelPriceTier[] tiers) => Price() with { Tiers = tiers };

    private static ModelPriceTier Tier() =>
        new()
        {
            AboveInputTokens = 500,
            Input = 4m,
            CachedInput = 0.4m,
            CacheWrite = 5m,
            CacheWrite1h = 8m,
            Output = 15m,
        };

    public sealed record Broken(string Name, ModelDescriptor Model, string Fault)
    {
        public override string ToString() => Name;
    }
}
