namespace Dossier;

/// <summary>What a task needs from a model. What is not set does not matter; of the features, false says the same as null.</summary>
public sealed record TaskRequirements
{
    /// <summary>The smallest context window that will do, in tokens; not negative.</summary>
    public long? MinContextTokens
    {
        get;
        init => field = NotNegative(value, nameof(MinContextTokens));
    }

    /// <summary>The smallest limit of output that will do, in tokens; not negative.</summary>
    public long? MinOutputTokens
    {
        get;
        init => field = NotNegative(value, nameof(MinOutputTokens));
    }

    /// <summary>Whether it has to read images.</summary>
    public bool? Vision { get; init; }

    /// <summary>Whether it has to call tools (functions).</summary>
    public bool? Tools { get; init; }

    /// <summary>Whether its output has to keep to a JSON schema.</summary>
    public bool? StructuredOutput { get; init; }

    /// <summary>Whether its output has to be JSON, of whatever schema.</summary>
    public bool? JsonMode { get; init; }

    /// <summary>Whether it has to reason before it answers.</summary>
    public bool? Reasoning { get; init; }

    /// <summary>Whether it has to stream.</summary>
    public bool? Streaming { get; init; }

    /// <summary>Whether it has to read sound.</summary>
    public bool? AudioInput { get; init; }

    /// <summary>Whether it has to read PDF documents as they are.</summary>
    public bool? PdfInput { get; init; }

    /// <summary>Whether it has to take a system prompt.</summary>
    public bool? SystemPrompt { get; init; }

    /// <summary>Whether prompts have to be cached.</summary>
    public bool? PromptCaching { get; init; }

    /// <summary>Whether it has to make embeddings, as models that answer chats do not.</summary>
    public bool? Embeddings { get; init; }

    /// <summary>The highest price of a million input tokens, in USD; not negative. A cheaper model will do.</summary>
    public decimal? MaxInputPricePerMillion
    {
        get;
        init => field = NotNegative(value, nameof(MaxInputPricePerMillion));
    }

    /// <summary>The highest price of a million output tokens, in USD; not negative. A cheaper model will do.</summary>
    public decimal? MaxOutputPricePerMillion
    {
        get;
        init => field = NotNegative(value, nameof(MaxOutputPricePerMillion));
    }

    /// <summary>The tokens that a call is expected to take, by class; what <see cref="MaxCostPerCall"/> and the cheapest model are reckoned by.</summary>
    public TokenUsage? ExpectedUsage { get; init; }

    /// <summary>The highest cost of one call with <see cref="ExpectedUsage"/>, which has to be set too, in USD; not negative.</summary>
    public decimal? MaxCostPerCall
    {
        get;
        init => field = NotNegative(value, nameof(MaxCostPerCall));
    }

    /// <summary>Whether a model will do of which is not known whether it meets a requirement.</summary>
    /// <value>False by default.</value>
    public bool UnknownIsSuitable { get; init; }

    /// <summary>Reads requirements from names and values, as a configuration or a task file has them.</summary>
    /// <param name="requirements">
    /// Names in snake case, for example <c>vision</c> (or <c>supports_vision</c>), <c>tools</c> (<c>function_calling</c>),
    /// <c>min_context_tokens</c>, <c>max_input_price_per_million</c>. <c>max_context_tokens</c> and
    /// <c>max_output_tokens</c> ask for a limit of at least so many. Values are booleans, numbers, strings of either, or
    /// JSON elements of these; null says that it does not matter.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A name is unknown (the message gives the nearest and lists all), is given twice under two names, or has a value of another type.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A limit or a price is negative.</exception>
    public static TaskRequirements Parse(IReadOnlyDictionary<string, object> requirements)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        return TaskRequirementsParser.Parse(requirements);
    }

    private static T? NotNegative<T>(T? value, string name)
        where T : struct, System.Numerics.INumberBase<T> =>
        value is { } given && T.IsNegative(given)
            ? throw new ArgumentOutOfRangeException(name, given, $"{name} is {given}; it must not be negative.")
            : value;
}
