namespace Dossier;

/// <summary>The names of what spans and measurements carry. All are documented in docs/telemetry.md, which a test compares with this.</summary>
internal static class Tags
{
    public const string Session = "dossier.session.id";
    public const string Response = "dossier.response.id";
    public const string Step = "dossier.step.key";
    public const string StepName = "dossier.step.name";
    public const string StepReused = "dossier.step.reused";
    public const string StepAttempt = "dossier.step.attempt";
    public const string Operation = "dossier.operation";
    public const string Provider = "dossier.provider";
    public const string RequestedModel = "dossier.model.requested";
    public const string ServedProvider = "dossier.provider.served";
    public const string ServedModel = "dossier.model.served";
    public const string Streaming = "dossier.streaming";
    public const string Outcome = "dossier.outcome";
    public const string FinishReason = "dossier.finish_reason";
    public const string Attempts = "dossier.attempts";
    public const string ToolCalls = "dossier.tool_calls";
    public const string Tool = "dossier.tool.name";
    public const string AttemptNumber = "dossier.attempt.number";
    public const string ModelCall = "dossier.model_call";
    public const string Reason = "dossier.attempt.reason";
    public const string Wait = "dossier.attempt.wait";
    public const string TimeToFirstToken = "dossier.time_to_first_token";
    public const string Cost = "dossier.cost";
    public const string Currency = "dossier.cost.currency";
    public const string TokenType = "dossier.token.type";
    public const string BudgetHeldCost = "dossier.budget.held.cost";
    public const string BudgetHeldTokens = "dossier.budget.held.tokens";
    public const string BudgetOutputCap = "dossier.budget.output_cap";
    public const string ErrorKind = "dossier.error.kind";

    /// <summary>OpenTelemetry's own: the HTTP status, else the exception's type.</summary>
    public const string ErrorType = "error.type";

    /// <summary>The classes of tokens that there are any of.</summary>
    public static IEnumerable<(string Type, long Count)> TokensOf(TokenUsage usage)
    {
        (string Type, long Count)[] classes =
        [
            ("input", usage.Input),
            ("cached_input", usage.CachedInput),
            ("cache_write", usage.CacheWrite),
            ("cache_write_1h", usage.CacheWrite1h),
            ("audio_input", usage.AudioInput),
            ("cached_audio_input", usage.CachedAudioInput),
            ("output", usage.Output),
            ("reasoning", usage.Reasoning),
            ("audio_output", usage.AudioOutput),
        ];
        return classes.Where(it => it.Count > 0);
    }
}
