namespace Dossier;

/// <summary>Where settings come from; what stands later wins.</summary>
internal enum SettingSource
{
    Default,
    UserFile,
    WorkingDirectoryFile,
    Host,
    UserSecrets,

    /// <summary>A variable that the vendor defines, such as OPENAI_API_KEY.</summary>
    VendorVariable,

    /// <summary>A variable that begins with DOSSIER__.</summary>
    Environment,

    /// <summary>What the host ranks above its environment variables, such as its command line.</summary>
    HostOverride,
    Code,
}

/// <summary>One value that one source gives.</summary>
/// <param name="Key">The key below the section, for example <c>Providers:openai:Endpoint</c>.</param>
/// <param name="Value">The value as it was written; never empty.</param>
/// <param name="Source">The source.</param>
/// <param name="Origin">What a message calls the place it was found at.</param>
internal sealed record Setting(string Key, string Value, SettingSource Source, string Origin)
{
    /// <summary>The section of all settings, in every source.</summary>
    public const string Section = "Dossier";

    /// <summary>The key as a person writes it.</summary>
    public string FullKey => Full(Key);

    /// <summary>Whether a file said it that may have come with a cloned repository.</summary>
    public bool IsFromWorkingDirectory => Source == SettingSource.WorkingDirectoryFile;

    /// <summary>Where it may be set instead of in the working directory's file, as the end of a remedy.</summary>
    public string ElsewhereThanWorkingDirectory =>
        $"set it in dossier.json in your configuration directory, in {Section.ToUpperInvariant()}__{Key.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal)}, or in code";

    /// <summary>The name of the provider that it belongs to, or null.</summary>
    public string? Provider => Key.Split(':') is [var section, var name, ..] && section.Is(nameof(SessionOptions.Providers)) ? name : null;

    public static string Full(string key) => $"{Section}:{key}";

    public static string OfProvider(string name) => $"{nameof(SessionOptions.Providers)}:{name}";

    public static string OfBudget(string limit) => $"{nameof(SessionOptions.Budget)}:{limit}";

    public static string OfProvider(string name, string member) => $"{OfProvider(name)}:{member}";
}

internal static class SettingText
{
    /// <summary>Names and keys do not depend on case, as everywhere in Microsoft.Extensions.Configuration.</summary>
    public static bool Is(this string text, string other) => string.Equals(text, other, StringComparison.OrdinalIgnoreCase);
}
