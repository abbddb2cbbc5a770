namespace Dossier;

/// <summary>In what a server of OpenAI's chat-completions protocol differs from OpenAI.</summary>
[Flags]
internal enum OpenAIDialect
{
    None = 0,

    /// <summary>It knows <c>max_tokens</c>, the former name, and not <c>max_completion_tokens</c>. OpenAI's reasoning models know only the latter.</summary>
    MaxTokens = 1,

    /// <summary>It refuses <c>stream_options</c>, and reports the usage of a stream unasked.</summary>
    NoStreamOptions = 2,

    /// <summary>It knows the seed as <c>random_seed</c>.</summary>
    RandomSeed = 4,

    /// <summary>Reasoning stands beside <c>completion_tokens</c>, in the total only or in the details as well, and is not a part of it.</summary>
    ReasoningBesideOutput = 8,

    /// <summary>It knows <c>top_k</c>, which OpenAI refuses.</summary>
    TopK = 16,
}
