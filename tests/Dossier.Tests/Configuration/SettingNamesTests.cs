using System.Reflection;

namespace Dossier.Tests.Configuration;

public sealed class SettingNamesTests
{
    [Fact]
    public void EveryOptionThatHasAText_IsASetting()
    {
        NamesOf<SessionOptions>()
            .Except(["Storage", "TimeProvider", "LoggerFactory", "TraceContent", "KeepVectors", "ReplayFrom", "Replay", "Redactors"])
            .Should()
            .BeEquivalentTo(SettingNames.OfSession);
    }

    [Fact]
    public void EveryOptionOfAProviderThatHasAText_IsASetting()
    {
        NamesOf<ProviderOptions>().Except(["Implementation"]).Should().BeEquivalentTo(SettingNames.OfProvider);
    }

    private static IEnumerable<string> NamesOf<T>() =>
        typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name);
}
