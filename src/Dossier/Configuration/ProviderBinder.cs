namespace Dossier;

/// <summary>Makes the options of every provider complete: the presets, and what configuration and code name besides.</summary>
internal sealed class ProviderBinder
{
    private static readonly string[] s_credentials = ["azure"];

    private readonly SettingSet _settings;
    private readonly ConfigurationFailures _failures;
    private readonly SettingReader _reader;
    private readonly KeyRule _keyRule;
    private readonly Dictionary<string, IModelProvider> _implementations = new(StringComparer.OrdinalIgnoreCase);
    private readonly IReadOnlyList<string> _names;
    private readonly ProviderSelector _selector;

    public ProviderBinder(ProviderNames names, SettingSet settings, SessionOptions code, KeyRule keyRule, ConfigurationFailures failures)
    {
        (_names, _settings, _keyRule, _failures) = (names.All, settings, keyRule, failures);
        _reader = new(settings, failures);
        foreach (var (name, options) in code.Providers)
        {
            if (options.Implementation is { } implementation)
                _implementations[names.Canonical(name)] = implementation;
        }
        _selector = new(_names, _implementations.Keys);
        Selected = keyRule.Selected(_selector);
    }

    /// <summary>The provider that is meant when none is said.</summary>
    public SelectedProvider Selected { get; }

    public Dictionary<string, ProviderOptions> Bind()
    {
        var shared = SharedKey();
        var providers = new Dictionary<string, ProviderOptions>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in _names)
        {
            if (IsName(name))
                providers[name] = Bind(name, name.Is(Selected.Name ?? "") ? shared : null);
            else
                _failures.Add($"{Setting.Full(Setting.OfProvider(name))}: not a provider's name. Use letters, digits, '-', '_' and '.'.");
        }
        return providers;
    }

    /// <summary>The key that is meant for "the" provider, once it is clear which that is.</summary>
    private Setting? SharedKey()
    {
        if (_settings.Find(nameof(SessionOptions.Provider)) is { } provider && !_names.Any(provider.Value.Is))
            _failures.Add(provider, "there is no such provider", NearestNames.Suggest(provider.Value, _names));
        if (_settings.Find(nameof(SessionOptions.ApiKey)) is not { } key)
            return null;
        _keyRule.CheckRecipient(key, Selected);
        if (Selected is { Name: null, IsNamed: false })
        {
            _failures.Add(
                key,
                "it cannot be told which provider this key is for, as several are configured",
                $"Set {Setting.Full(nameof(SessionOptions.Provider))}, or {Setting.Full(Setting.OfProvider("NAME", nameof(SessionOptions.ApiKey)))} instead."
            );
        }
        return key;
    }

    private ProviderOptions Bind(string name, Setting? sharedKey)
    {
        var own = _settings.Find(name, nameof(ProviderOptions.ApiKey));
        // From the same source the more specific one wins.
        var key = sharedKey is not null && (own is null || sharedKey.Source > own.Source) ? sharedKey : own;
        var implementation = _implementations.GetValueOrDefault(name);
        _keyRule.Check(name, key, implementation is not null);

        var options = new ProviderOptions
        {
            Kind = KindOf(name, implementation),
            Endpoint = EndpointOf(name),
            ApiKey = key?.Value.Trim(),
            Credential = CredentialOf(name, implementation),
            CredentialScope = _reader.Text(Setting.OfProvider(name, nameof(ProviderOptions.CredentialScope)))?.Trim(),
            Headers = HeadersOf(name),
            Proxy = _reader.HttpUri(Setting.OfProvider(name, nameof(ProviderOptions.Proxy))),
            Timeout = _reader.Duration(Setting.OfProvider(name, nameof(ProviderOptions.Timeout))) ?? ProviderOptions.DefaultTimeout,
            MaxConcurrentCalls = _reader.WholeNumber(Setting.OfProvider(name, nameof(ProviderOptions.MaxConcurrentCalls)), min: 1),
            RequestsPerMinute = _reader.WholeNumber(Setting.OfProvider(name, nameof(ProviderOptions.RequestsPerMinute)), min: 1),
            DefaultModel = _reader.Text(Setting.OfProvider(name, nameof(ProviderOptions.DefaultModel))),
            Implementation = implementation,
            RedirectedBy = _keyRule.RedirectedBy(name),
            KeyVariable = ProviderPresets.KeyVariable(name) ?? EnvironmentSettings.VariableOf(name, nameof(ProviderOptions.ApiKey)),
        };
        if (implementation is null && _settings.Find(name, nameof(ProviderOptions.Endpoint)) is null)
            RequireEndpoint(name, key, options);
        options.IsConfigured = options.HasKey || _selector.IsConfigured(name, _settings);
        return options;
    }

    /// <summary>Without an endpoint of its own, a provider of OpenAI's kind would send its key to OpenAI.</summary>
    private void RequireEndpoint(string name, Setting? key, ProviderOptions options)
    {
        var preset = ProviderPresets.Find(name);
        var endpoint = Setting.Full(Setting.OfProvider(name, nameof(ProviderOptions.Endpoint)));
        if (preset is null)
        {
            if (options.Kind!.Is(ProviderPresets.OpenAIKind))
                _failures.Add(
                    $"{endpoint} is missing: provider '{name}' has no endpoint of its own. Set it. {NearestNames.Suggest(name, PresetNames)}"
                );
        }
        else if (preset.NeedsEndpoint)
        {
            var isUsed = options.Credential is not null || key is { Source: not SettingSource.VendorVariable };
            if (isUsed || (Selected.IsNamed && name.Is(Selected.Name ?? "")))
                _failures.Add(
                    $"{endpoint} is missing: provider '{name}' has no endpoint that all share. Set it, or {preset.EndpointVariable}."
                );
            else
                options.ApiKey = null; // only a variable happens to be there, and nothing uses the provider
        }
    }

    private static List<string> PresetNames => [.. ProviderPresets.All.Select(preset => preset.Name)];

    private string KindOf(string name, IModelProvider? implementation)
    {
        if (_settings.Find(name, nameof(ProviderOptions.Kind)) is not { } setting)
            return ProviderPresets.OpenAIKind;
        if (ProviderPresets.Kinds.FirstOrDefault(setting.Value.Is) is { } kind)
            return kind;
        if (implementation is null)
            _failures.Add(setting, "there is no such kind of provider", $"Known are {string.Join(", ", ProviderPresets.Kinds)}.");
        return setting.Value;
    }

    private Uri? EndpointOf(string name)
    {
        var uri = _reader.HttpUri(Setting.OfProvider(name, nameof(ProviderOptions.Endpoint)));
        return uri is { AbsolutePath: "/", Query: "" } && ProviderPresets.Find(name)?.EndpointPath is { } path ? new Uri(uri, path) : uri;
    }

    private string? CredentialOf(string name, IModelProvider? implementation)
    {
        if (_settings.Find(name, nameof(ProviderOptions.Credential)) is not { } setting)
            return null;
        if (s_credentials.FirstOrDefault(setting.Value.Is) is { } credential)
            return credential;
        if (implementation is null)
            _failures.Add(setting, "there is no such sign-in", $"Known are {string.Join(", ", s_credentials)}.");
        return setting.Value;
    }

    private Dictionary<string, string> HeadersOf(string name)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in _settings.Below(Setting.OfProvider(name, nameof(ProviderOptions.Headers))))
        {
            var header = setting.Key.Split(':', 4)[3];
            if (header.All(IsTokenCharacter) && !setting.Value.Any(char.IsControl))
                headers[header] = setting.Value;
            else
                _failures.Add(setting, "is not an HTTP header", "Use letters, digits and '-' in its name, and no line break in its value.");
        }
        return headers;
    }

    // RFC 9110, section 5.6.2.
    private static bool IsTokenCharacter(char character) =>
        char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal);

    private static bool IsName(string name) =>
        name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');
}
