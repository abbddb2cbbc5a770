namespace Dossier.Tests.Telemetry;

/// <summary>Who listens hears the whole process, and is heard by it: these tests run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Telemetry";
}
