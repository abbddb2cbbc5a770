using Microsoft.Extensions.Time.Testing;

namespace Dossier.Core.Tests.Models;

public sealed class LifeCycleTests
{
    private static readonly DateOnly s_deprecated = new(2026, 6, 1);
    private static readonly DateOnly s_end = new(2026, 12, 1);
    private static readonly FactSource s_announcement = new("announcement", new(2026, 5, 1));

    private static readonly ModelDescriptor s_cheap = Model("cheap", 1) with
    {
        DeprecatedOn = s_deprecated,
        EndOfLifeOn = s_end,
        Replacement = "dear",
        OtherSources = [new("end_of_life_on", s_announcement), new("deprecated_on", s_announcement)],
    };

    private readonly FakeTimeProvider _time = new(new(2026, 5, 31, 23, 59, 59, TimeSpan.Zero));

    [Theory]
    [InlineData(LifeCycle.Active, "2026-05-31", LifeCycle.Active)]
    [InlineData(LifeCycle.Preview, "2026-05-31", LifeCycle.Preview)]
    [InlineData(LifeCycle.Unknown, "2026-06-01", LifeCycle.Deprecated)]
    [InlineData(LifeCycle.Preview, "2026-06-01", LifeCycle.Deprecated)]
    [InlineData(LifeCycle.Deprecated, "2026-11-30", LifeCycle.Deprecated)]
    [InlineData(LifeCycle.Active, "2026-12-01", LifeCycle.EndOfLife)]
    [InlineData(LifeCycle.EndOfLife, "2026-06-01", LifeCycle.EndOfLife)]
    public void LifeCycleOn_HasPassedTheDaysThatWereAnnounced(LifeCycle said, string day, LifeCycle expected) =>
        (s_cheap with { LifeCycle = said })
            .LifeCycleOn(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture))
            .Should()
            .Be(expected);

    [Fact]
    public void DeprecatedModel_ComesAfterAllOthersFromItsDayOn_InEveryOrder()
    {
        var registry = new ModelRegistry([s_cheap, Model("dear", 5), Model("dearest", 6)], _time);

        Ids(registry.Find(new())).Should().Equal("cheap", "dear", "dearest");

        _time.Advance(TimeSpan.FromSeconds(1));

        Ids(registry.Find(new())).Should().Equal("dear", "dearest", "cheap");
        Ids(registry.Find(new(), Comparer<ModelDescriptor>.Create((x, y) => string.CompareOrdinal(x.Id, y.Id))))
            .Should()
            .Equal("dear", "dearest", "cheap");
        Ids(registry.Find(new(), count: 1)).Should().Equal("dear");
        Ids(registry.Find(new() { MaxInputPricePerMillion = 2 }, count: 1)).Should().Equal("cheap");
    }

    [Fact]
    public void ModelWhoseEndHasCome_IsNotFound_AndSaysSoWithTheSourceOfTheDay()
    {
        var registry = new ModelRegistry([s_cheap, Model("dear", 5)], _time);
        registry.Get("acme", "cheap")!.LifeCycle.Should().Be(LifeCycle.Active);

        _time.SetUtcNow(new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

        var model = registry.Get("acme", "cheap")!;
        Ids(registry.Find(new())).Should().Equal("dear");
        model.LifeCycle.Should().Be(LifeCycle.EndOfLife);
        model.SourceOf("life_cycle").Should().Be(s_announcement);
        model.SourceOf("price").Name.Should().Be("test");
        model
            .Validate(new())
            .Warnings.Should()
            .Equal($"acme/cheap is no longer served since 2026-12-01 ({s_announcement}). Use acme/dear instead.");
        registry.Find("cheap").Should().ContainSingle().Which.Should().BeSameAs(registry.Models[0]);
    }

    [Fact]
    public void NewDay_ReadsNothingAgain()
    {
        var reads = 0;
        var registry = new ModelRegistry(_time);
        registry.UseSnapshots(_ =>
        {
            reads++;
            return null;
        });

        foreach (var _ in Enumerable.Range(0, 3))
        {
            registry.Get("openai", "gpt-5-mini").Should().NotBeNull();
            _time.Advance(TimeSpan.FromDays(1));
        }

        reads.Should().Be(1);
    }

    [Fact]
    public void SyncedCatalogueThatKnowsOfNoEnd_DoesNotBringAModelBack()
    {
        var date = EmbeddedCatalogue.Date.AddDays(1);
        var registry = new ModelRegistry(_time);
        registry.UseSnapshots(_ =>
            new(
                date,
                [
                    new()
                    {
                        Provider = "openai",
                        Id = "gpt-4-turbo",
                        LifeCycle = LifeCycle.Active,
                        Source = new("models.dev", date),
                    },
                ]
            )
        );
        _time.SetUtcNow(new(2026, 11, 29, 0, 0, 0, TimeSpan.Zero));

        registry.Get("openai", "gpt-4-turbo")!.LifeCycle.Should().Be(LifeCycle.EndOfLife);
    }

    [Fact]
    public void LifeCycleThatIsOverridden_CountsInPlaceOfTheDays()
    {
        var registry = new ModelRegistry([s_cheap], _time);
        registry.OverrideFacts("acme", "cheap", new() { LifeCycle = LifeCycle.Active });

        _time.SetUtcNow(new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));

        registry.Get("acme", "cheap")!.LifeCycle.Should().Be(LifeCycle.Active);
        Ids(registry.Find(new())).Should().Equal("cheap");
    }

    [Fact]
    public void AsOf_JudgesByItsOwnDay()
    {
        _time.SetUtcNow(new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var registry = new ModelRegistry([s_cheap], _time);

        registry.Get("acme", "cheap")!.LifeCycle.Should().Be(LifeCycle.EndOfLife);
        registry.AsOf(s_deprecated).Get("acme", "cheap")!.LifeCycle.Should().Be(LifeCycle.Deprecated);
        registry.AsOf(new(2026, 1, 1)).Get("acme", "cheap")!.LifeCycle.Should().Be(LifeCycle.Active);
    }

    [Fact]
    public async Task RegistryOfAStore_GoesByTheClockOfTheStore()
    {
        var model = s_cheap with { Provider = "scripted", EndOfLifeOn = new(2026, 1, 3) };
        await using var test = await TestSession.OpenAsync(options => options.Models = new([model]));
        _ = test.Session.GetChatClient("cheap");

        test.Time.SetUtcNow(new(2026, 1, 3, 0, 0, 0, TimeSpan.Zero));
        var open = () => test.Session.GetChatClient("cheap");

        open.Should().Throw<ModelResolutionException>().WithMessage("*no longer served since 2026-01-03*Use 'scripted/dear'*");
    }

    private static IReadOnlyList<string> Ids(IReadOnlyList<ModelDescriptor> models) => [.. models.Select(model => model.Id)];

    private static ModelDescriptor Model(string id, decimal price) =>
        new()
        {
            Provider = "acme",
            Id = id,
            LifeCycle = LifeCycle.Active,
            OutputModalities = Modalities.Text,
            Price = new()
            {
                Input = price,
                Output = price,
                Source = new("test"),
            },
            Source = new("test"),
        };
}
