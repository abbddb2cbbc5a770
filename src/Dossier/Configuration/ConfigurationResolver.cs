using Microsoft.Extensions.Logging.Abstractions;

namespace Dossier;

/// <summary>Makes complete options out of all sources, or reports everything that is wrong with them.</summary>
internal static class ConfigurationResolver
{
    private const string DefaultStoragePath = ".dossier";

    /// <param name="sources">Everything outside the code.</param>
    /// <param name="code">What the code set; not changed.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Something is wrong; names all of it.</exception>
    public static ResolvedConfiguration Resolve(ConfigurationSources sources, SessionOptions code)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(code);
        var failures = new ConfigurationFailures();
        var found = Load(sources, code, failures);
        // What a broken file would have said is unknown, and anything else that looks wrong may follow from it.
        failures.ThrowIfAny();

        CheckCode(code, failures);
        var names = new ProviderNames([
            .. ProviderPresets.All.Select(preset => preset.Name),
            .. code.Providers.Keys,
            .. found.Select(setting => setting.Provider).OfType<string>(),
        ]);
        var settings = new SettingSet(found.Select(names.Canonical));
        SettingNames.Check(settings, failures);
        var reader = new SettingReader(settings, failures);
        var binder = new ProviderBinder(names, settings, code, new KeyRule(sources, settings, failures), failures);
        var models = new ModelBinder(names, settings, reader, failures).Bind();
        var options = new SessionOptions
        {
            SessionId = SessionIdOf(settings, failures),
            OpenMode = reader.Choice<OpenMode>(nameof(SessionOptions.OpenMode)) ?? OpenMode.OpenOrCreate,
            Name = reader.Text(nameof(SessionOptions.Name)),
            Owner = reader.Text(nameof(SessionOptions.Owner)),
            Tags = [.. settings.List(nameof(SessionOptions.Tags)).Select(tag => tag.Value)],
            StoragePath = StoragePathOf(sources, settings, code, failures),
            Storage = code.Storage,
            Durability = reader.Choice<Storage.Durability>(nameof(SessionOptions.Durability)) ?? Storage.Durability.Full,
            Provider = reader.Text(nameof(SessionOptions.Provider)),
            Model = reader.Text(nameof(SessionOptions.Model)),
            EmbeddingModel = reader.Text(nameof(SessionOptions.EmbeddingModel)),
            Fallbacks = [.. settings.List(nameof(SessionOptions.Fallbacks)).Select(fallback => fallback.Value)],
            Resilience = ResilienceBinder.Bind(settings, reader, failures),
            Providers = binder.Bind(),
            Selected = binder.Selected,
            AreOfConfiguration = true,
            Budget = BudgetBinder.Bind(reader, settings, failures),
            Models = code.Models,
            ModelsPath = ModelsPathOf(sources, settings, failures),
            ApplicationVersion = reader.Text(nameof(SessionOptions.ApplicationVersion)),
            Capture = CaptureOf(settings, reader, failures),
            ReplayFrom = code.ReplayFrom,
            Replay = code.Replay,
            Cassette = code.Cassette,
            TraceContent = code.TraceContent,
            KeepVectors = code.KeepVectors,
            Redactors = code.Redactors,
            TimeProvider = code.TimeProvider ?? TimeProvider.System,
            LoggerFactory = code.LoggerFactory ?? NullLoggerFactory.Instance,
        };
        failures.ThrowIfAny();
        return new()
        {
            Options = options,
            Secrets = Secrets.In(settings.All),
            Models = models,
        };
    }

    private static List<Setting> Load(ConfigurationSources sources, SessionOptions code, ConfigurationFailures failures)
    {
        var settings = new List<Setting>(ProviderPresets.Settings(ProviderPresets.All));
        if (!string.IsNullOrWhiteSpace(sources.ApplicationVersion))
            settings.Add(
                new(nameof(SessionOptions.ApplicationVersion), sources.ApplicationVersion, SettingSource.Default, "the entry assembly")
            );
        if (sources.UserFile is not null)
            settings.AddRange(JsonSettings.Read(sources.UserFile, SettingSource.UserFile, failures));
        // Whoever works in the directory of the user's own file has but one file.
        if (!string.Equals(sources.UserFile, sources.WorkingDirectoryFile, StringComparison.Ordinal))
            settings.AddRange(JsonSettings.Read(sources.WorkingDirectoryFile, SettingSource.WorkingDirectoryFile, failures));
        if (sources.Host is not null)
            settings.AddRange(HostSettings.Read(sources.Host));
        if (sources.UserSecretsFile is not null)
            settings.AddRange(JsonSettings.Read(sources.UserSecretsFile, SettingSource.UserSecrets, failures));
        settings.AddRange(CodeSettings.Read(code));
        settings.AddRange(EnvironmentSettings.Read(sources.Environment, ProviderPresets.All));
        return settings;
    }

    /// <summary>What is empty in configuration is not set; in code it is more likely a value that went missing.</summary>
    private static void CheckCode(SessionOptions code, ConfigurationFailures failures)
    {
        (string Name, string? Value)[] members =
        [
            (nameof(code.SessionId), code.SessionId),
            (nameof(code.Owner), code.Owner),
            (nameof(code.StoragePath), code.StoragePath),
            (nameof(code.ModelsPath), code.ModelsPath),
            (nameof(code.ApiKey), code.ApiKey),
        ];
        foreach (var (name, value) in members)
        {
            if (value is not null && string.IsNullOrWhiteSpace(value))
                failures.Add($"{nameof(SessionOptions)}.{name} is empty. Set it, or leave it null for the default.");
        }
    }

    private static string? SessionIdOf(SettingSet settings, ConfigurationFailures failures)
    {
        if (settings.Find(nameof(SessionOptions.SessionId)) is not { } setting)
            return null;
        var id = setting.Value;
        if (!Identifiers.IsSessionId(id))
            failures.Add(setting, "is not a session id", "Use 1 to 128 letters, digits, '-', '_' and '.', not beginning with a dot.");
        return id;
    }

    private static string? StoragePathOf(
        ConfigurationSources sources,
        SettingSet settings,
        SessionOptions code,
        ConfigurationFailures failures
    )
    {
        var setting = settings.Find(nameof(SessionOptions.StoragePath));
        if (code.Storage is not null)
        {
            if (setting is { Source: SettingSource.Code })
                failures.Add(setting, $"excludes {nameof(SessionOptions.Storage)}, which is set as well", "Set one of them.");
            return null;
        }
        return setting is null ? Path.GetFullPath(DefaultStoragePath, sources.WorkingDirectory) : PathOf(sources, setting, failures);
    }

    private static string? ModelsPathOf(ConfigurationSources sources, SettingSet settings, ConfigurationFailures failures)
    {
        if (settings.Find(nameof(SessionOptions.ModelsPath)) is { } setting)
            return PathOf(sources, setting, failures);
        return sources.UserDirectory is null ? null : Path.Combine(sources.UserDirectory, "models");
    }

    /// <summary>A file that came with a cloned repository may ask that less is kept than the user keeps, and not for more.</summary>
    private static Capture CaptureOf(SettingSet settings, SettingReader reader, ConfigurationFailures failures)
    {
        const string Key = nameof(SessionOptions.Capture);
        var capture = reader.Choice<Capture>(Key) ?? Capture.Full;
        if (
            capture is Capture.Full
            && settings.Find(Key) is { IsFromWorkingDirectory: true } setting
            && settings.WithoutWorkingDirectory().Find(Key) is { } own
            && !own.Value.Equals(nameof(Capture.Full), StringComparison.OrdinalIgnoreCase)
        )
            failures.Add(
                setting,
                "is set by a file in the working directory, which may not have texts kept that you do not keep",
                $"Remove it there, or {setting.ElsewhereThanWorkingDirectory}."
            );
        return capture;
    }

    private static string? PathOf(ConfigurationSources sources, Setting setting, ConfigurationFailures failures)
    {
        if (setting.Value.Contains('\0', StringComparison.Ordinal))
        {
            failures.Add(setting, "is not a path", "Write the path of a directory.");
            return null;
        }
        if (setting.Value.Split('/', '\\')[0] is "~")
            failures.Add(setting, "begins with '~', which only a shell replaces", "Write the whole path.");
        var full = Path.GetFullPath(setting.Value, sources.WorkingDirectory);
        if (setting.IsFromWorkingDirectory && !IsBelow(sources.WorkingDirectory, full))
            failures.Add(
                setting,
                "is outside of the working directory, where a file in it may not have anything written",
                $"Use a directory in it, or {setting.ElsewhereThanWorkingDirectory}."
            );
        return full;
    }

    private static bool IsBelow(string directory, string path) =>
        path.StartsWith(
            Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + Path.DirectorySeparatorChar,
            OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase
        );
}
