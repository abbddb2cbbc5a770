using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>Where a provider is reached, and whether it can be reached so.</summary>
internal static class ProviderEndpoint
{
    /// <summary>The configured endpoint, else the preset's.</summary>
    /// <exception cref="OptionsValidationException">There is none, or the vendor's own is to be asked without a key.</exception>
    public static Uri Of(ProviderConnection connection)
    {
        var (name, options) = (connection.Name, connection.Options);
        var preset = ProviderPresets.Find(name);
        if (options.Endpoint is null && preset?.Endpoint is null)
        {
            var variable = preset?.EndpointVariable is { } known ? $"the environment variable {known}, or " : "";
            throw Invalid($"Provider '{name}' has no endpoint. Set {variable}the configuration key Dossier:Providers:{name}:Endpoint.");
        }
        var endpoint = options.Endpoint ?? new Uri(preset!.Endpoint!);
        var isVendors = ProviderPresets.All.Any(vendor => vendor.IsAt(endpoint));
        if (isVendors && !options.HasKey)
        {
            var variable = options.KeyVariable ?? EnvironmentSettings.VariableOf(name, nameof(ProviderOptions.ApiKey));
            throw Invalid(
                $"Provider '{name}' has no key. Set the environment variable {variable}, the configuration key Dossier:Providers:{name}:ApiKey, or SessionOptions.ApiKey."
            );
        }
        return endpoint;
    }

    public static OptionsValidationException Invalid(string message) => new("Dossier", typeof(SessionOptions), [message]);
}
