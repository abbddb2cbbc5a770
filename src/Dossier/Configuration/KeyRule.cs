namespace Dossier;

/// <summary>
/// A file in the working directory may have come with a cloned repository. It may say where a key goes that it brings
/// along itself, and nothing that sends a key elsewhere that came from the environment, the user, the host or the code.
/// </summary>
internal sealed class KeyRule(ConfigurationSources sources, SettingSet settings, ConfigurationFailures failures)
{
    private readonly SettingSet _trusted = settings.WithoutWorkingDirectory();

    /// <summary>Checks what would be sent to one provider, and where.</summary>
    /// <param name="name">The provider.</param>
    /// <param name="key">The key that it gets.</param>
    /// <param name="hasImplementation">Whether the code implements it, and so may bring a key that no setting shows.</param>
    public void Check(string name, Setting? key, bool hasImplementation)
    {
        // A sign-in belongs to the machine or the developer, whoever asks for it.
        var credential = settings.Find(name, nameof(ProviderOptions.Credential));
        if (IsChanged(credential))
        {
            failures.Add(
                credential!,
                "a file in the working directory may not ask for a sign-in, which is always the user's own",
                Remedy(name, nameof(ProviderOptions.Credential))
            );
        }

        var origin = OriginOfSecret(name, key, credential, hasImplementation);
        if (origin is null)
            return;
        foreach (var setting in Redirections(name))
        {
            failures.Add(
                setting,
                $"a file in the working directory may not change where the key of provider '{name}' goes, or what goes with it: "
                    + $"the key came from elsewhere ({origin})",
                Remedy(name, setting.Key[(Setting.OfProvider(name).Length + 1)..])
            );
        }
    }

    /// <summary>Checks that the file does not decide which provider gets a key that is meant for "the" provider.</summary>
    /// <param name="key">The setting <c>ApiKey</c>.</param>
    /// <param name="selected">The provider that gets it, as <see cref="Selected"/> tells it.</param>
    public void CheckRecipient(Setting key, SelectedProvider selected)
    {
        if (key.IsFromWorkingDirectory || selected is not { Name: { } recipient, ChosenBy: { } cause })
            return;
        failures.Add(
            key,
            $"a file in the working directory may not choose the provider that gets this key ('{recipient}', because of {cause})",
            $"Set {Setting.Full(Setting.OfProvider(recipient, nameof(ProviderOptions.ApiKey)))} instead, "
                + $"or name the provider in {Setting.Full(nameof(SessionOptions.Provider))} {Elsewhere}."
        );
    }

    /// <summary>The provider that is meant when none is said, and whether it would be another one without the file.</summary>
    public SelectedProvider Selected(ProviderSelector selector)
    {
        var selected = selector.Of(settings);
        if (selected.Name is not { } name || name.Is(selector.Of(_trusted).Name ?? ""))
            return selected;
        string[] keys = [nameof(SessionOptions.Model), nameof(SessionOptions.Provider)];
        var cause = keys.Select(settings.Find).FirstOrDefault(setting => IsChanged(setting) && setting!.Value.Split('/')[0].Is(name));
        return selected with { ChosenBy = cause is null ? sources.WorkingDirectoryFile : $"{cause.FullKey} in {cause.Origin}" };
    }

    /// <summary>The first place in the file that says where a provider's requests go or what goes with them, see <see cref="ProviderOptions.RedirectedBy"/>.</summary>
    public string? RedirectedBy(string name) =>
        Redirections(name).FirstOrDefault() is { } setting ? $"{setting.FullKey} in {setting.Origin}" : null;

    private string Elsewhere =>
        sources.UserFile is null ? "in the environment or in code" : $"in {sources.UserFile}, in the environment or in code";

    private string Remedy(string name, string member)
    {
        var key = Setting.Full(Setting.OfProvider(name, member));
        return sources.UserFile is null
            ? $"If you trust it, set {key} in the environment ({EnvironmentSettings.VariableOf(name, member)}) and remove it here."
            : $"If you trust it, set {key} in {sources.UserFile} or in the environment ({EnvironmentSettings.VariableOf(name, member)}) and remove it here.";
    }

    private string? OriginOfSecret(string name, Setting? key, Setting? credential, bool hasImplementation)
    {
        if (key is { IsFromWorkingDirectory: false })
            return key.Origin;
        if (credential is not null)
            return credential.IsFromWorkingDirectory ? "the sign-in of this machine" : credential.Origin;
        if (hasImplementation)
            return $"{nameof(ProviderOptions.Implementation)} in {nameof(SessionOptions)}";
        // Keys also travel in headers, and in the user part or the query of an endpoint.
        return settings
            .Below(Setting.OfProvider(name, nameof(ProviderOptions.Headers)))
            .Append(
                settings.Find(name, nameof(ProviderOptions.Endpoint)) is { } endpoint && Secrets.IsInUri(endpoint.Value) ? endpoint : null
            )
            .FirstOrDefault(setting => setting is { IsFromWorkingDirectory: false })
            ?.Origin;
    }

    private IEnumerable<Setting> Redirections(string name) => settings.Below(Setting.OfProvider(name)).Where(Redirects).Where(IsChanged);

    /// <summary>Whether the file says something else than what would hold without it.</summary>
    private bool IsChanged(Setting? setting) =>
        setting is { IsFromWorkingDirectory: true } && !IsSame(setting, _trusted.Find(setting.Key)?.Value);

    private static bool IsSame(Setting setting, string? trusted) =>
        setting.Key.EndsWith(":" + nameof(ProviderOptions.Kind), StringComparison.OrdinalIgnoreCase)
            ? setting.Value.Is(trusted ?? ProviderPresets.OpenAIKind)
            : string.Equals(setting.Value, trusted, StringComparison.Ordinal);

    private static bool Redirects(Setting setting)
    {
        var member = setting.Key.Split(':')[2];
        return member.Is(nameof(ProviderOptions.Endpoint))
            || member.Is(nameof(ProviderOptions.Headers))
            || member.Is(nameof(ProviderOptions.Proxy))
            || member.Is(nameof(ProviderOptions.CredentialScope))
            || member.Is(nameof(ProviderOptions.Kind));
    }
}
