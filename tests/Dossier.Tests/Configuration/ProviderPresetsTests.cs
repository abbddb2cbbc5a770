namespace Dossier.Tests.Configuration;

public sealed class ProviderPresetsTests
{
    private static readonly ModelRegistry s_registry = new();

    public static TheoryData<string, string> Defaults =>
        new(ProviderPresets.All.Where(preset => preset.DefaultModel is not null).Select(preset => (preset.Name, preset.DefaultModel!)));

    [Theory]
    [MemberData(nameof(Defaults))]
    public void DefaultModel_IsKnown_Priced_AndNotOnItsWayOut(string provider, string model)
    {
        var known = s_registry.Get(provider, model);

        known.Should().NotBeNull();
        known!.LifeCycle.Should().Be(LifeCycle.Active);
        known.Price.Should().NotBeNull();
        known.Tools.Should().Be(provider == "local" ? Support.No : Support.Yes);
    }
}
