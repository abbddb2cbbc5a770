namespace Dossier;

/// <summary>The recorded model call that an answer was taken from.</summary>
/// <param name="SessionId">The session that recorded it; of a cassette, the name of its file.</param>
/// <param name="ResponseId">Its response; of a cassette, the number of the call in 32 hex digits.</param>
/// <param name="ModelCall">Which model call of the response, from 1; 0 for all of them as one, as a client of the caller's own made them.</param>
public sealed record ReplayOrigin(string SessionId, string ResponseId, int ModelCall)
{
    /// <summary>The tokens that the answer took when a model gave it; null when the provider did not say. Nothing counts them again.</summary>
    public TokenUsage? Usage { get; init; }
}
