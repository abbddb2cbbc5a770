namespace Dossier.Tests.Configuration;

public sealed class EnvironmentSettingsTests
{
    [Fact]
    public void NameOfAProvider_IsLowerCase()
    {
        Keys("DOSSIER__PROVIDERS__ACME__ENDPOINT").Should().Equal("PROVIDERS:acme:ENDPOINT");
    }

    [Fact]
    public void OtherVariables_AreLeftAlone()
    {
        Keys("PATH", "DOSSIER", "DOSSIER_MODEL", "DOSSIERS__MODEL", "OPENAI_ORG_ID").Should().BeEmpty();
    }

    [Fact]
    public void Origin_IsTheVariableAsItIsWritten()
    {
        var settings = EnvironmentSettings.Read(new Dictionary<string, string> { ["Dossier__Model"] = "m1" }, []);

        settings.Should().Equal(new Setting("Model", "m1", SettingSource.Environment, "environment variable Dossier__Model"));
    }

    [Fact]
    public void VariableOfAMember_CanBeSetInAShell()
    {
        EnvironmentSettings.VariableOf("azure-openai", "Endpoint").Should().Be("DOSSIER__PROVIDERS__AZURE_OPENAI__ENDPOINT");
        EnvironmentSettings.VariableOf("openai", "Headers:Host").Should().Be("DOSSIER__PROVIDERS__OPENAI__HEADERS__HOST");
    }

    private static IEnumerable<string> Keys(params string[] variables) =>
        EnvironmentSettings.Read(variables.ToDictionary(name => name, _ => "x"), ProviderPresets.All).Select(setting => setting.Key);
}
