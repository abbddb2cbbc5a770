using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The options of a call on their way through the session's own decorators. They carry the call itself, since what is stored in an
/// <see cref="AsyncLocal{T}"/> does not reach into async iterators; a vendor's client sees nothing but options.
/// </summary>
internal sealed class CallOptions : ChatOptions
{
    public CallOptions(ChatOptions? options, TrackedCall call)
        : base(options)
    {
        Call = call;
        Embedding = options as EmbeddingChatOptions ?? (options as CallOptions)?.Embedding;
        if (options is CallOptions same)
            (MaxCost, MaxTokens, OutputCap, UnsentOptions) = (same.MaxCost, same.MaxTokens, same.OutputCap, same.UnsentOptions);
        else
            (MaxCost, MaxTokens) = BudgetChatOptions.Take(this);
    }

    /// <summary>The call that these options belong to.</summary>
    public TrackedCall Call { get; }

    /// <summary>What texts are embedded with; null when the call is a chat.</summary>
    public EmbeddingChatOptions? Embedding { get; }

    /// <summary>What a model call may cost, in USD; null without a limit of the call's own.</summary>
    public decimal? MaxCost { get; }

    /// <summary>How many tokens a model call may use; null without a limit of the call's own.</summary>
    public long? MaxTokens { get; }

    /// <summary>The cap on the output that the caller did not set: the provider's, or the budget's.</summary>
    public int? OutputCap { get; set; }

    /// <summary>What the caller set and is not sent.</summary>
    public IReadOnlyList<string> UnsentOptions { get; set; } = [];

    /// <summary>The call of options that a decorator of the session was given.</summary>
    public static TrackedCall CallOf(ChatOptions? options) =>
        (options as CallOptions)?.Call
        ?? throw new InvalidOperationException("A client of the session's pipeline was called without its tracking.");

    public override ChatOptions Clone() => new CallOptions(this, Call);
}
