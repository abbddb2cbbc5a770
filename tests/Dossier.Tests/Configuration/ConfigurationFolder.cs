using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Dossier.Tests.Configuration;

/// <summary>A working directory, a user directory and an environment that belong to one test.</summary>
internal sealed class ConfigurationFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("dossier-configuration-");

    public ConfigurationFolder()
    {
        WorkingDirectory = _root.CreateSubdirectory("work").FullName;
        UserDirectory = _root.CreateSubdirectory("user").FullName;
    }

    public string WorkingDirectory { get; }

    public string UserDirectory { get; }

    public string WorkingFile => Path.Combine(WorkingDirectory, "dossier.json");

    public string UserFile => Path.Combine(UserDirectory, "dossier.json");

    public string UserSecretsFile => Path.Combine(UserDirectory, "secrets.json");

    public Dictionary<string, string> Environment { get; } = [];

    public IConfiguration? Host { get; set; }

    public ConfigurationSources Sources =>
        new()
        {
            WorkingDirectory = WorkingDirectory,
            UserDirectory = UserDirectory,
            UserSecretsFile = UserSecretsFile,
            Environment = Environment,
            Host = Host,
            ApplicationVersion = "1.2.3",
        };

    /// <summary>Writes the working directory's file with these members in the section.</summary>
    public void Working(string members) => File.WriteAllText(WorkingFile, Section(members));

    /// <summary>Writes the user's file with these members in the section.</summary>
    public void User(string members) => File.WriteAllText(UserFile, Section(members));

    public void UserSecrets(string json) => File.WriteAllText(UserSecretsFile, json);

    public ResolvedConfiguration Resolve(SessionOptions? code = null) => ConfigurationResolver.Resolve(Sources, code ?? new());

    public ProviderOptions Provider(string name, SessionOptions? code = null) => Resolve(code).Options.Providers[name];

    /// <summary>What is wrong with the configuration.</summary>
    public IReadOnlyList<string> Failures(SessionOptions? code = null)
    {
        var exception = Assert.ThrowsAny<OptionsValidationException>(() => Resolve(code));
        return [.. exception.Failures];
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static string Section(string members) => $$"""{ "Dossier": { {{members}} } }""";
}
