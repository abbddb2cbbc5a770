using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>One try of one model call: what was asked of whom, why, and what came of it.</summary>
public sealed record Attempt
{
    /// <summary>Its place among the attempts of the response, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Which model call of the response it tried, from 1. There are several where tools were called.</summary>
    /// <value>1 by default.</value>
    public int ModelCall { get; init; } = 1;

    /// <summary>Why it was made.</summary>
    /// <value><see cref="AttemptReason.First"/> by default.</value>
    public AttemptReason Reason { get; init; }

    /// <summary>The failure that made a retry or a fallback necessary; null for a first attempt. Secrets are masked.</summary>
    public ResponseError? Cause { get; init; }

    /// <summary>The provider that was asked.</summary>
    public required string Provider { get; init; }

    /// <summary>The model that was asked for.</summary>
    public required string RequestedModel { get; init; }

    /// <summary>The model that answered, as the provider says; null when none did.</summary>
    public string? ServedModel { get; init; }

    /// <summary>How long it was put off: the pause before a retry, and the wait for the provider's limits.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>When it began, UTC, in whole microseconds.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From its start to its end; null while it is in progress, and when it was interrupted.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>From its start to the first content of a stream.</summary>
    public TimeSpan? TimeToFirstToken { get; init; }

    /// <summary>How it ended.</summary>
    public required AttemptOutcome Outcome { get; init; }

    /// <summary>What went wrong, or why nothing was sent; null when nothing did. Secrets are masked.</summary>
    public ResponseError? Error { get; init; }

    /// <summary>Its tokens, by class; null when the provider did not say.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>What it cost; null when that is not known (unpriced), which is not the same as nothing.</summary>
    public Cost? Cost { get; init; }

    /// <summary>
    /// The cap on its output, in tokens, that it was sent with and the caller did not set: the provider's default
    /// (<see cref="IModelProvider.GetDefaultMaxOutputTokens"/>), or what the budget had room for where that was less. Null when there was none.
    /// </summary>
    public int? OutputCap { get; init; }

    /// <summary>
    /// The options of the call that it was sent without, because the model or the provider's client does not take them: the names of
    /// properties of <see cref="Microsoft.Extensions.AI.ChatOptions"/>. Empty when all were sent.
    /// </summary>
    public IReadOnlyList<string> UnsentOptions { get; init; } = [];

    /// <summary>The recorded model call that answered it, so that nothing was sent and nothing paid; null when a model did. Its tokens are in that record.</summary>
    public ReplayOrigin? ReplayedFrom { get; init; }

    /// <summary>Whether it ended without an answer after something was sent: what it took was wasted.</summary>
    [JsonIgnore]
    public bool IsWasted => Outcome is AttemptOutcome.Failed or AttemptOutcome.Cancelled or AttemptOutcome.Interrupted;

    /// <summary>
    /// Whether it is a failure to whoever counts them. What was not sent because the provider has failed too often is one as well; what does
    /// not suit the call is none.
    /// </summary>
    internal bool HasFailed =>
        Outcome is AttemptOutcome.Failed or AttemptOutcome.Interrupted
        || (Outcome is AttemptOutcome.Skipped && Error is { Kind: ProviderErrorKind.CircuitOpen });

    /// <summary>Whether it brought something back, so that it has to be paid for whether its cost is known or not.</summary>
    internal bool HasContent =>
        ReplayedFrom is null && (Outcome is AttemptOutcome.Succeeded || Usage is not null || TimeToFirstToken is not null);

    /// <summary>The same instance when nothing in it is masked.</summary>
    internal Attempt Masked(SecretMasker masker, RedactionTally? tally = null)
    {
        var provider = masker.ApplyOrNote(Provider, tally, RedactedPart.Name);
        var requested = masker.ApplyOrNote(RequestedModel, tally, RedactedPart.Name);
        var served = masker.ApplyOrNote(ServedModel, tally, RedactedPart.Name);
        var unsent = UnsentOptions.Count == 0 ? UnsentOptions : Masked(UnsentOptions, masker, tally);
        var cause = Cause?.Masked(masker, tally);
        var error = Error?.Masked(masker, tally);
        return
            ReferenceEquals(provider, Provider)
            && ReferenceEquals(requested, RequestedModel)
            && ReferenceEquals(served, ServedModel)
            && ReferenceEquals(unsent, UnsentOptions)
            && ReferenceEquals(cause, Cause)
            && ReferenceEquals(error, Error)
            ? this
            : this with
            {
                Provider = provider,
                RequestedModel = requested,
                ServedModel = served,
                UnsentOptions = unsent,
                Cause = cause,
                Error = error,
            };
    }

    private static IReadOnlyList<string> Masked(IReadOnlyList<string> names, SecretMasker masker, RedactionTally? tally)
    {
        string[] masked = [.. names.Select(name => masker.ApplyOrNote(name, tally, RedactedPart.Name))];
        return masked.SequenceEqual(names) ? names : masked;
    }
}

/// <summary>Why an attempt was made.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttemptReason>))]
public enum AttemptReason
{
    /// <summary>It was the first of its model call.</summary>
    First,

    /// <summary>The same model had failed in a way that may pass.</summary>
    Retry,

    /// <summary>Another model had failed.</summary>
    Fallback,
}

/// <summary>How an attempt ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttemptOutcome>))]
public enum AttemptOutcome
{
    /// <summary>It has begun, and nothing is known of its end.</summary>
    InProgress,

    /// <summary>The model answered.</summary>
    Succeeded,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>It was cancelled by the caller or by the time that the whole call may take, or its stream was left before the end.</summary>
    Cancelled,

    /// <summary>Nothing was sent: the model does not meet the call's requirements, or its provider has failed too often lately.</summary>
    Skipped,

    /// <summary>Its process ended before it did; whether the model answered is not known.</summary>
    Interrupted,
}
