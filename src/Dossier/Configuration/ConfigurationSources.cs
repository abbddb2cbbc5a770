using System.Collections;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Dossier;

/// <summary>Everything outside the code that configuration is read from.</summary>
internal sealed record ConfigurationSources
{
    public const string FileName = "dossier.json";

    /// <summary>The directory that relative paths start from and whose <c>dossier.json</c> is read: in a host, its content root.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The directory of the user's own <c>dossier.json</c>; null when the user has none, as in some containers.</summary>
    public string? UserDirectory { get; init; }

    /// <summary>The user secrets of the entry assembly; null when it has no id for them.</summary>
    public string? UserSecretsFile { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The host's configuration, or its section <c>Dossier</c>; null outside a host.</summary>
    public IConfiguration? Host { get; init; }

    /// <summary>The version of the entry assembly, where there is one.</summary>
    public string? ApplicationVersion { get; init; }

    public string WorkingDirectoryFile => Path.Combine(WorkingDirectory, FileName);

    public string? UserFile => UserDirectory is null ? null : Path.Combine(UserDirectory, FileName);

    /// <summary>The sources of this process.</summary>
    /// <param name="host">The host's configuration, where there is a host.</param>
    /// <param name="contentRoot">The host's content root; null for the current directory.</param>
    public static ConfigurationSources OfProcess(IConfiguration? host = null, string? contentRoot = null)
    {
        var assembly = Assembly.GetEntryAssembly();
        return new()
        {
            WorkingDirectory = Path.GetFullPath(contentRoot ?? System.Environment.CurrentDirectory),
            UserDirectory = UserDirectoryOf(
                System.Environment.GetFolderPath(
                    System.Environment.SpecialFolder.ApplicationData,
                    System.Environment.SpecialFolderOption.DoNotVerify
                )
            ),
            UserSecretsFile = UserSecretsFileOf(assembly),
            Environment = VariablesOfProcess(),
            Host = host,
            ApplicationVersion = assembly?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        };
    }

    /// <summary>A process without a home has an empty directory, and a relative path would make a folder of the working directory the user's own.</summary>
    internal static string? UserDirectoryOf(string applicationData) =>
        Path.IsPathFullyQualified(applicationData) ? Path.Combine(applicationData, "dossier") : null;

    private static string? UserSecretsFileOf(Assembly? assembly)
    {
        if (assembly?.GetCustomAttribute<UserSecretsIdAttribute>() is not { } attribute)
            return null;
        try
        {
            return PathHelper.GetSecretsPathFromSecretsId(attribute.UserSecretsId);
        }
        catch (InvalidOperationException)
        {
            return null; // the process has no home
        }
    }

    private static Dictionary<string, string> VariablesOfProcess()
    {
        var variables = new Dictionary<string, string>(
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal
        );
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            if (entry is { Key: string name, Value: string value })
                variables[name] = value;
        }
        return variables;
    }
}
