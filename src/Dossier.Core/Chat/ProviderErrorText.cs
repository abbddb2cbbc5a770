using System.Globalization;

namespace Dossier;

/// <summary>Says a provider's failure to a person: which call, what happened, what to do, and what the vendor says, in short.</summary>
internal static class ProviderErrorText
{
    private const int MaxVendorText = 300;

    /// <summary>The exception that says what a vendor's exception means.</summary>
    /// <param name="exception">What the vendor's client threw.</param>
    /// <param name="provider">Says what it means; what it does not know is judged as .NET's own HTTP failures.</param>
    /// <param name="model">The provider's configured name and the model that was asked for.</param>
    /// <param name="masker">Masks the secrets in a text: vendors echo keys.</param>
    /// <param name="settings">Where the provider's settings are.</param>
    /// <param name="keyVariable">The environment variable that holds the provider's key, where it has one.</param>
    /// <param name="quotesVendor">Whether the message has what the vendor says.</param>
    public static ProviderException Exception(
        Exception exception,
        IModelProvider provider,
        ModelReference model,
        SecretMasker masker,
        ConfigurationRemedy settings,
        string? keyVariable,
        bool quotesVendor
    )
    {
        var failure = provider.Classify(exception) ?? HttpFailures.Classify(exception) ?? new(ProviderErrorKind.Unknown);
        var redactions = new RedactionTally();
        var vendorText = quotesVendor ? masker.ApplyToError(exception.Message, redactions) : "";
        var message = Describe(model, failure, settings, keyVariable, vendorText);
        // A vendor that echoes a key must not bring it into a log by way of the inner exception.
        var inner = exception.ToString();
        var isClean = string.Equals(masker.ApplyToError(inner), inner, StringComparison.Ordinal);
        return new ProviderException(
            model.Provider,
            model.Model,
            failure,
            masker.ApplyToError(message, redactions),
            isClean ? exception : null
        )
        {
            Redactions = redactions.Redactions,
            VendorType = exception.GetType().FullName,
        };
    }

    private static string Describe(
        ModelReference model,
        ProviderFailure failure,
        ConfigurationRemedy settings,
        string? keyVariable,
        string vendorText
    )
    {
        string Setting(string name) => settings.Provider(model.Provider, name);
        var endpoint = Setting(nameof(ProviderOptions.Endpoint));
        var keySetting = Setting(nameof(ProviderOptions.ApiKey));
        var key = keyVariable is null ? keySetting : $"the environment variable {keyVariable} or {keySetting}";
        var (what, remedy) = failure.Kind switch
        {
            ProviderErrorKind.Authentication => (
                "the key or sign-in was refused",
                $"Check {key}; of a sign-in, that the developer or the machine is signed in and may use the resource."
            ),
            ProviderErrorKind.PermissionDenied => (
                "the key may not do this",
                $"Ask the provider for access to the model, or use another key ({key})."
            ),
            ProviderErrorKind.NotFound => (
                "the provider has no such model or endpoint",
                $"Check the model's name '{model.Model}' at the provider, and {endpoint} if it is set."
            ),
            ProviderErrorKind.InvalidRequest => (
                "the provider rejected the request",
                "Change what it names; the same request fails again."
            ),
            ProviderErrorKind.ContextTooLong => (
                "the request is longer than the model takes",
                "Send less, ask for less output, or use a model with a larger context."
            ),
            ProviderErrorKind.ContentFiltered => (
                "the provider refuses the content",
                "Change what it objects to; the same request fails again."
            ),
            ProviderErrorKind.QuotaExceeded => (
                "the quota is used up",
                "Check the plan and the billing at the provider; waiting does not help."
            ),
            ProviderErrorKind.RateLimited => (
                "too many requests",
                failure.RetryAfter is { } wait ? $"Wait {Seconds(wait)} and try again." : "Wait and try again."
            ),
            ProviderErrorKind.Overloaded => (
                "the provider is overloaded",
                failure.RetryAfter is { } wait ? $"Wait {Seconds(wait)} and try again." : "Try again later, or use another provider."
            ),
            ProviderErrorKind.ServerError => (
                "the provider failed",
                failure.RetryAfter is { } wait ? $"Wait {Seconds(wait)} and try again." : "Try again later."
            ),
            ProviderErrorKind.Timeout => ("no answer in time", $"Try again, or raise {Setting(nameof(ProviderOptions.Timeout))}."),
            ProviderErrorKind.Connection => (
                "the provider could not be reached",
                $"Check the network, {endpoint} and {Setting(nameof(ProviderOptions.Proxy))}."
            ),
            ProviderErrorKind.StreamInterrupted => (
                "the answer broke off",
                "What had arrived of it is kept; try again for the whole answer."
            ),
            _ => ("an unexpected error", "See the vendor's own message."),
        };
        var status = failure.StatusCode is { } code ? string.Create(CultureInfo.InvariantCulture, $" (HTTP {code})") : "";
        var vendor = Shorten(vendorText);
        return $"The call to '{model}' failed: {what}{status}. {remedy}" + (vendor.Length > 0 ? $" The vendor's message: {vendor}" : "");
    }

    private static string Seconds(TimeSpan wait) => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalSeconds):0} s");

    private static string Shorten(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MaxVendorText ? line : string.Concat(line.AsSpan(0, MaxVendorText), "…");
    }
}
