using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>How one provider is reached. Bound from <c>Dossier:Providers:NAME</c>.</summary>
public sealed class ProviderOptions
{
    /// <summary>What <see cref="Timeout"/> is when nobody sets it.</summary>
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(100);

    private const string Local = "local";

    /// <summary>
    /// The kind of provider: <c>openai</c> for OpenAI and everything that speaks its protocol, <c>anthropic</c>, <c>ollama</c>,
    /// <c>local</c>.
    /// </summary>
    /// <value>Null by default: the kind of that name where there is one, else <c>openai</c>.</value>
    public string? Kind { get; set; }

    /// <summary>Where it listens, for example <c>https://example.openai.azure.com/openai/v1/</c>.</summary>
    /// <value>Null by default: the vendor's own.</value>
    public Uri? Endpoint { get; set; }

    /// <summary>The key. Never logged, never stored, masked wherever it turns up.</summary>
    public string? ApiKey { get; set; }

    /// <summary>A sign-in instead of a key: <c>azure</c> uses the identity of the machine or the developer (Azure.Identity's default chain).</summary>
    public string? Credential { get; set; }

    /// <summary>
    /// For whom the token of the <see cref="Credential"/> is asked, as in <c>https://cognitiveservices.azure.us/.default</c>: sovereign clouds have scopes of their own. Where their
    /// sign-in is, the environment variable <c>AZURE_AUTHORITY_HOST</c> says.
    /// </summary>
    /// <value>Null by default: <c>https://ai.azure.com/.default</c>.</value>
    public string? CredentialScope { get; set; }

    /// <summary>Headers to send with every request.</summary>
    /// <value>Empty by default; null counts as empty.</value>
    public IDictionary<string, string> Headers
    {
        get;
        set => field = value ?? NoHeaders();
    } = NoHeaders();

    /// <summary>An HTTP proxy to go through.</summary>
    public Uri? Proxy { get; set; }

    /// <summary>How long one answer may take, and of a stream each wait for its next piece; above 0.</summary>
    /// <value>Null by default: 100 seconds.</value>
    public TimeSpan? Timeout { get; set; }

    /// <summary>How many calls may be under way at once, over all sessions of the process; a stream is under way until its end. The others wait.</summary>
    /// <value>At least 1. Null by default: no limit.</value>
    public int? MaxConcurrentCalls
    {
        get;
        set => field = AtLeastOne(value, nameof(MaxConcurrentCalls));
    }

    /// <summary>How many requests may be sent within any minute, over all sessions of the process; a retry is one. The others wait.</summary>
    /// <value>At least 1. Null by default: no limit.</value>
    public int? RequestsPerMinute
    {
        get;
        set => field = AtLeastOne(value, nameof(RequestsPerMinute));
    }

    /// <summary>The model that is opened when none is named.</summary>
    /// <value>Null by default: what <c>docs/providers.md</c> lists for the presets, such as <c>gpt-5.4-mini</c> for <c>openai</c>; none for others.</value>
    public string? DefaultModel { get; set; }

    /// <summary>The code that opens its clients; for a provider of your own.</summary>
    /// <value>Null by default: what <see cref="Kind"/> names.</value>
    [JsonIgnore]
    public IModelProvider? Implementation { get; set; }

    /// <summary>Whether it has a key or a sign-in.</summary>
    internal bool HasKey => !string.IsNullOrEmpty(ApiKey) || !string.IsNullOrEmpty(Credential);

    internal LimitSettings Limits => new(MaxConcurrentCalls, RequestsPerMinute);

    /// <summary>The environment variable that holds its key, for messages that say where to set it.</summary>
    internal string? KeyVariable { get; set; }

    /// <summary>Whether anybody configured it, or it only is one that could be.</summary>
    internal bool IsConfigured { get; set; } = true;

    /// <summary>
    /// The place in the working directory's file that says where its requests go or what goes with them; null when there is
    /// none. A key that the file did not bring along itself must not go there.
    /// </summary>
    internal string? RedirectedBy { get; set; }

    /// <summary>Whether it runs on this machine and takes no key.</summary>
    /// <param name="name">The name under which it is configured.</param>
    internal bool IsLocal(string name) => (Kind ?? name).Equals(Local, StringComparison.OrdinalIgnoreCase);

    internal ProviderOptions WithKey(string key)
    {
        var copy = (ProviderOptions)MemberwiseClone();
        (copy.ApiKey, copy.IsConfigured) = (key, true);
        return copy;
    }

    private static int? AtLeastOne(int? value, string name) =>
        value < 1
            ? throw new ArgumentOutOfRangeException(name, $"ProviderOptions.{name} is {value}; set it to 1 or more, or leave it null.")
            : value;

    private static Dictionary<string, string> NoHeaders() => new(StringComparer.OrdinalIgnoreCase);
}
