using Dossier.Storage;
using Microsoft.Extensions.Logging;

namespace Dossier;

/// <summary>
/// How sessions are opened. Everything may also come from configuration, section <c>Dossier</c>; what the code sets wins.
/// </summary>
public sealed class SessionOptions
{
    /// <summary>The session to open: 1 to 128 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, not beginning with a dot.</summary>
    /// <value>Null by default: a new id that begins with the time.</value>
    public string? SessionId { get; set; }

    /// <summary>What to do when the session exists already, or does not.</summary>
    /// <value>Null by default, which means <see cref="Dossier.OpenMode.OpenOrCreate"/>.</value>
    public OpenMode? OpenMode { get; set; }

    /// <summary>A name for people; replaces the one of a session that exists. Null leaves it.</summary>
    public string? Name { get; set; }

    /// <summary>Words to find the session by; when there are any they replace those of a session that exists.</summary>
    /// <value>Empty by default; null counts as empty.</value>
    public IList<string> Tags
    {
        get;
        set => field = value ?? [];
    } = [];

    /// <summary>The tenant or user that a new session belongs to; a session that exists keeps its own.</summary>
    /// <value>Not empty; null by default: nobody.</value>
    public string? Owner { get; set; }

    /// <summary>The directory that holds the store; relative to the working directory, or in a host to its content root.</summary>
    /// <value><c>./.dossier</c> by default. Null leaves it to configuration.</value>
    public string? StoragePath { get; set; }

    /// <summary>A storage to use instead of the local one; the caller disposes it. Excludes <see cref="StoragePath"/>.</summary>
    public IStorage? Storage { get; set; }

    /// <summary>What a write has survived when its task completes.</summary>
    /// <value>Null by default, which means <see cref="Dossier.Storage.Durability.Full"/>.</value>
    public Durability? Durability { get; set; }

    /// <summary>The provider of models that are named without one.</summary>
    public string? Provider { get; set; }

    /// <summary>The model that <c>GetChatClient()</c> opens, as <c>name</c> or <c>provider/name</c>.</summary>
    /// <value>Null by default: the default model of the only provider that has a key.</value>
    public string? Model { get; set; }

    /// <summary>The model that <c>GetEmbeddingGenerator()</c> opens, as <c>name</c> or <c>provider/name</c>.</summary>
    /// <value>Null by default: there is none.</value>
    public string? EmbeddingModel { get; set; }

    /// <summary>
    /// The models that answer in turn when the one that was asked for cannot, each as <c>name</c> or <c>provider/name</c>; only those that
    /// meet a call's requirements. Each needs a key of its own provider: <see cref="ApiKey"/> is not sent to them.
    /// </summary>
    /// <value>Empty by default: none. Null counts as empty.</value>
    public IList<string> Fallbacks
    {
        get;
        set => field = value ?? [];
    } = [];

    /// <summary>Retries, the circuit breaker and time limits.</summary>
    /// <value>Null by default: the defaults of each.</value>
    public ResilienceOptions? Resilience { get; set; }

    /// <summary>
    /// The key of one provider; sent to no other. It is the provider that <see cref="Model"/> names (<c>provider/name</c>), else
    /// <see cref="Provider"/>, else the only one that is configured (<c>local</c> takes no key), else <c>openai</c> when none
    /// is. What the code names comes before what configuration names, and what is set for one session before what is set for
    /// the store. The rule is the same for <c>Session.OpenAsync</c>, for <see cref="SessionStore.OpenAsync(SessionOptions?, CancellationToken)"/>
    /// and for the store's constructor.
    /// </summary>
    /// <value>
    /// Null by default: <see cref="ProviderOptions.ApiKey"/> of each provider, which also wins when both are set in one place;
    /// the key of one session replaces it. Not empty. Refused when it cannot be told which provider it is for, and when a
    /// <c>dossier.json</c> in the working directory chose the provider or says where its requests go.
    /// </value>
    public string? ApiKey { get; set; }

    /// <summary>The providers, by name.</summary>
    /// <value>Empty by default; null counts as empty.</value>
    public IDictionary<string, ProviderOptions> Providers
    {
        get;
        set => field = value ?? NoProviders();
    } = NoProviders();

    /// <summary>
    /// What the session may spend. It is kept in the session's record, and holds for everybody who uses the session; given for a session that
    /// exists, it replaces the one that is recorded. Limits that the code leaves out come from configuration.
    /// </summary>
    /// <value>Null by default: a session that exists keeps its own, a new one has none.</value>
    public Budget? Budget { get; set; }

    /// <summary>What is known of models. Code only: from configuration come single facts, see <see cref="ModelOverrides"/>.</summary>
    /// <value>
    /// Null by default: the catalogue that comes with Dossier. What configuration says of models is added to the registry that is
    /// given here, below what <see cref="ModelRegistry.OverrideFacts"/> says; of several stores that share it, the last one made counts.
    /// </value>
    public ModelRegistry? Models { get; set; }

    /// <summary>The directory of what was learnt of models elsewhere: synced catalogues and what providers were found to have.</summary>
    /// <value>
    /// Null by default: <c>models</c> beside the user's own <c>dossier.json</c>; a user without a home has none. Relative to the working
    /// directory, or in a host to its content root; a <c>dossier.json</c> there may only name a directory below it.
    /// </value>
    public string? ModelsPath { get; set; }

    /// <summary>
    /// Whether the spans of OpenTelemetry's GenAI conventions carry what is sent to models and what they answer, with keys and tokens masked; not of
    /// sessions that keep no texts (<see cref="Capture"/>). Code only, since it sends content to wherever the spans go; the environment variable that those conventions know for it has no effect here.
    /// </summary>
    /// <value>False by default. Belongs to the store.</value>
    public bool TraceContent { get; set; }

    /// <summary>Whether the vectors of embeddings are kept as content of their responses, 4 bytes a number, so that they can be replayed. Code only.</summary>
    /// <value>False by default: they are large, and most often stand in an index of the caller's. Belongs to the store.</value>
    public bool KeepVectors { get; set; }

    /// <summary>What is kept of the texts that the session sends and gets.</summary>
    /// <value>Null by default, which means <see cref="Dossier.Capture.Full"/>. It holds for what this opening of the session records.</value>
    public Capture? Capture { get; set; }

    /// <summary>
    /// What finds, beside keys and tokens, what must not be kept; asked in this order, each about what the one before has left. Applied to
    /// every text before it is stored, logged or exported. Code only.
    /// </summary>
    /// <value>Empty by default; null counts as empty. Belongs to the store.</value>
    public IList<IRedactor> Redactors
    {
        get;
        set => field = value ?? [];
    } = [];

    /// <summary>The version of the application, kept with the session and its responses.</summary>
    /// <value>Null by default: the informational version of the entry assembly, where there is one.</value>
    public string? ApplicationVersion { get; set; }

    /// <summary>
    /// The session of the same store and owner whose recorded answers a session is given for the same requests, for nothing. Its steps run, its tools
    /// are called; it is the model calls that are answered. Read when the session opens.
    /// </summary>
    /// <value>Null by default: every call goes out.</value>
    public string? ReplayFrom { get; set; }

    /// <summary>What becomes of a request that <see cref="ReplayFrom"/> has no answer to.</summary>
    /// <value>Null by default, which means <see cref="ReplayMode.Cached"/>; only with <see cref="ReplayFrom"/>.</value>
    public ReplayMode? Replay { get; set; }

    /// <summary>The clock.</summary>
    /// <value>Null by default, which means <see cref="TimeProvider.System"/>.</value>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Where log messages go.</summary>
    /// <value>Null by default: nowhere.</value>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>What a session does with a cassette; null for nothing.</summary>
    internal CassetteUse? Cassette { get; set; }

    /// <summary>The provider that configuration selects; null where there is no configuration but these options.</summary>
    internal SelectedProvider? Selected { get; set; }

    /// <summary>Whether they are what configuration settled, and more can be set there.</summary>
    internal bool AreOfConfiguration { get; set; }

    internal SessionOptions Copy() => (SessionOptions)MemberwiseClone();

    /// <summary>The same for a session that calls nobody, so that no fallback need be known.</summary>
    internal SessionOptions WithoutFallbacks()
    {
        var copy = Copy();
        copy.Fallbacks = [];
        return copy;
    }

    private static Dictionary<string, ProviderOptions> NoProviders() => new(StringComparer.OrdinalIgnoreCase);
}
