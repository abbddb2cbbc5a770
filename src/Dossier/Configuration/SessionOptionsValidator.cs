using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>Lets a host that is wrongly configured fail when it starts rather than at the first session.</summary>
internal sealed class SessionOptionsValidator(ConfigurationSources sources) : IValidateOptions<SessionOptions>
{
    public ValidateOptionsResult Validate(string? name, SessionOptions options)
    {
        if (name is not Setting.Section)
            return ValidateOptionsResult.Skip;
        // What it throws is what the host would throw, and says each failure on a line of its own.
        ConfigurationResolver.Resolve(sources, options);
        return ValidateOptionsResult.Success;
    }
}
