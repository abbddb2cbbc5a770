using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>Opens chat clients on a vendor's models. Implementations are safe to call from several threads at once.</summary>
public interface IModelProvider
{
    /// <summary>Opens a client. Called once per model, when the first call is made; does no I/O.</summary>
    /// <param name="model">The model's id, as the vendor knows it.</param>
    /// <param name="connection">How to reach the vendor.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Something is missing from the configuration, such as the key; the message names where to set it.</exception>
    IChatClient CreateChatClient(string model, ProviderConnection connection);

    /// <summary>
    /// The bound on its output that a call is sent with when it sets none itself, for a provider whose protocol wants one with every call.
    /// The record of the attempt has it, and a budget holds no more than that.
    /// </summary>
    /// <param name="model">The model's id, as the vendor knows it.</param>
    /// <param name="connection">How the vendor is reached.</param>
    /// <param name="options">The options of the call.</param>
    /// <returns>The bound in tokens, above 0; null where nothing is sent, which is the default.</returns>
    int? GetDefaultMaxOutputTokens(string model, ProviderConnection connection, ChatOptions options) => null;

    /// <summary>
    /// Which options of a call its client does not send, or the model refuses by its name. They are left out of the call where that is possible,
    /// noted in the record of the attempt, and warned of once. What the catalogue says of the model is heeded beside it.
    /// </summary>
    /// <param name="model">The model's id, as the vendor knows it.</param>
    /// <param name="connection">How the vendor is reached.</param>
    /// <param name="options">The options of the call.</param>
    /// <returns>The names of the properties of <see cref="ChatOptions"/>, of those that are set; none by default.</returns>
    IReadOnlyList<string> GetUnsentOptions(string model, ProviderConnection connection, ChatOptions options) => [];

    /// <summary>
    /// Says what a failure of one of its clients means, or null when the exception is none of this vendor's; then it is judged as
    /// .NET's own HTTP failures are. It also judges what clients throw that the program made itself and gave to <c>Track</c>.
    /// </summary>
    /// <param name="exception">What a client of the vendor threw.</param>
    ProviderFailure? Classify(Exception exception);

    /// <summary>Makes what turns texts into vectors. Called once per model; does no I/O.</summary>
    /// <param name="model">The model's id, as the vendor knows it.</param>
    /// <param name="connection">How to reach the vendor.</param>
    /// <returns>The generator; null when the vendor has none, which is the default.</returns>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Something is missing from the configuration, such as the key; the message names where to set it.</exception>
    IEmbeddingGenerator<string, Embedding<float>>? CreateEmbeddingGenerator(string model, ProviderConnection connection) => null;

    /// <summary>Asks the vendor which models it serves, and what it says of each.</summary>
    /// <param name="connection">How to reach the vendor. The key is sent to its endpoint and nowhere else.</param>
    /// <param name="cancellationToken">Stops the question.</param>
    /// <returns>The models and what could not be read; null when the vendor cannot be asked, which is the default.</returns>
    /// <exception cref="ModelDetectionException">The vendor's answer cannot be used at all.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Something is missing from the configuration, such as the key; the message names where to set it.</exception>
    /// <remarks>What else the vendor's client throws is classified as for a chat client.</remarks>
    Task<ModelList?> ListModelsAsync(ProviderConnection connection, CancellationToken cancellationToken = default) =>
        Task.FromResult<ModelList?>(null);
}

/// <summary>What a provider is given to open a client with.</summary>
/// <param name="Name">The name under which the provider is configured.</param>
/// <param name="Options">Its options, complete.</param>
/// <param name="LoggerFactory">Where log messages go.</param>
/// <param name="TimeProvider">The clock.</param>
public sealed record ProviderConnection(string Name, ProviderOptions Options, ILoggerFactory LoggerFactory, TimeProvider TimeProvider);

/// <summary>What a vendor's failure means.</summary>
/// <param name="Kind">What kind of failure it is.</param>
/// <param name="StatusCode">The HTTP status, where there was one.</param>
/// <param name="IsTransient">Whether the same call may succeed later. Nothing is inferred from the kind: unless this is set, the call is not tried again.</param>
/// <param name="RetryAfter">How long the vendor asks to wait, where it says (RFC 9110, section 10.2.3).</param>
public sealed record ProviderFailure(ProviderErrorKind Kind, int? StatusCode = null, bool IsTransient = false, TimeSpan? RetryAfter = null)
{
    /// <summary>What the vendor says that the call took although it failed: it is billed. By the convention of Microsoft.Extensions.AI.</summary>
    /// <value>Null by default: the vendor does not say.</value>
    public UsageDetails? Usage { get; init; }

    /// <summary>What one of Dossier's own exceptions means, or one of the options' validation; null for any other.</summary>
    internal static ProviderFailure? Of(Exception exception) =>
        exception switch
        {
            ProviderException known => known.Failure,
            BudgetExceededException => new(ProviderErrorKind.BudgetExceeded),
            OptionsValidationException => new(ProviderErrorKind.Misconfigured),
            _ => null,
        };
}

/// <summary>Kinds of failure, whichever vendor they come from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProviderErrorKind>))]
public enum ProviderErrorKind
{
    /// <summary>None of the others.</summary>
    Unknown,

    /// <summary>The key is wrong or expired (401).</summary>
    Authentication,

    /// <summary>The key is good but may not do this (403).</summary>
    PermissionDenied,

    /// <summary>There is no such model or endpoint (404).</summary>
    NotFound,

    /// <summary>The request is at fault (400, 413, 422).</summary>
    InvalidRequest,

    /// <summary>Too many requests (429). Waiting helps.</summary>
    RateLimited,

    /// <summary>The vendor failed (5xx).</summary>
    ServerError,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The vendor could not be reached: nothing was sent.</summary>
    Connection,

    /// <summary>The connection was lost after the call had been sent, or the answer broke off in the middle: what it took is not known.</summary>
    StreamInterrupted,

    /// <summary>The vendor or the model has too much to do (529, some 503 and 429). Waiting helps, and so does another provider.</summary>
    Overloaded,

    /// <summary>The quota or the balance is used up (402, some 429). Waiting does not help; paying or another provider does.</summary>
    QuotaExceeded,

    /// <summary>Input, or input and output together, are more than the model takes. A model with a larger context may take it.</summary>
    ContextTooLong,

    /// <summary>The vendor refuses the content by its rules.</summary>
    ContentFiltered,

    /// <summary>Nothing was sent: the provider has failed too often lately. See <see cref="ResilienceOptions.CircuitFailureRatio"/>.</summary>
    CircuitOpen,

    /// <summary>
    /// The process that made the call ended before the call did, and what the model did is not known; or the process that ran a step ended,
    /// or lost the step's lease, before the step did.
    /// </summary>
    Interrupted,

    /// <summary>Nothing was sent: the provider's key is missing, or something else in its configuration.</summary>
    Misconfigured,

    /// <summary>Nothing was sent: the budget has no room for the call. See <see cref="BudgetExceededException"/>.</summary>
    BudgetExceeded,
}
