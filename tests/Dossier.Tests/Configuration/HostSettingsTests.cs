using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.Configuration;

public sealed class HostSettingsTests
{
    [Fact]
    public void Section_IsRead()
    {
        var host = Memory(("Dossier:Model", "m1"), ("Other", "x")).Build();

        HostSettings
            .Read(host)
            .Should()
            .Equal(new Setting("Model", "m1", SettingSource.Host, "the host's configuration, MemoryConfigurationProvider"));
    }

    [Fact]
    public void SectionThatIsGivenItself_IsRead()
    {
        var host = Memory(("Llm:Model", "m1")).Build().GetSection("Llm");

        HostSettings.Read(host).Should().Equal(new Setting("Model", "m1", SettingSource.Host, "the host's configuration"));
    }

    [Fact]
    public void WhatTheHostRanksAboveItsEnvironment_StaysThere()
    {
        var host = Memory(("Dossier:Model", "below"), ("Dossier:Name", "below"))
            .AddEnvironmentVariables("NONE_")
            .AddCommandLine(["--Dossier:Model=above"])
            .Build();

        var settings = HostSettings.Read(host).ToList();

        settings
            .Should()
            .ContainSingle(setting => setting.Key == "Model")
            .Which.Should()
            .Match<Setting>(s => s.Source == SettingSource.HostOverride && s.Value == "above");
        settings.Should().ContainSingle(setting => setting.Key == "Name").Which.Source.Should().Be(SettingSource.Host);
    }

    private static IConfigurationBuilder Memory(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))
        );
}
