using System.Globalization;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// What Claude models take, by the version in their names: the API does not say it of a model.
/// https://platform.claude.com/docs/en/about-claude/models/migration-guide
/// </summary>
internal static class ClaudeModel
{
    /// <summary>
    /// The protocol wants a bound on output with every call, and the SDK's own (1,024) cuts ordinary answers short. Every model that
    /// is still served takes this one.
    /// </summary>
    public const int DefaultMaxTokens = 8192;

    private static readonly (int, int) s_oneOfTwo = (4, 1);
    private static readonly (int, int) s_adaptive = (4, 6);
    private static readonly (int, int) s_withoutSampling = (4, 7);

    /// <summary>Whether it decides itself how much to think; earlier ones are given a number of tokens for it. Names without a version are those of new models.</summary>
    public static bool ThinksAdaptively(string model) => !(VersionOf(model)?.CompareTo(s_adaptive) < 0);

    /// <summary>The bound on output of a call that sets none: beside the answer there is room for the thoughts that were asked for.</summary>
    public static int DefaultMaxTokensOf(ChatOptions options) =>
        DefaultMaxTokens
        + options.Reasoning?.Effort switch
        {
            ReasoningEffort.Low => 1024,
            ReasoningEffort.Medium => 8192,
            ReasoningEffort.High => 16384,
            ReasoningEffort.ExtraHigh => 32768,
            _ => 0,
        };

    /// <summary>
    /// Which of the parameters of sampling a model refuses. From 4.7 on all of them; from 4.1 on temperature and top_p together; while it thinks,
    /// temperature, top_k and a top_p below 0.95 (https://platform.claude.com/docs/en/build-with-claude/extended-thinking).
    /// </summary>
    public static IEnumerable<string> UnsentSampling(string model, ChatOptions options)
    {
        var version = VersionOf(model);
        var none = version?.CompareTo(s_withoutSampling) >= 0;
        var thinks = options.Reasoning is { Effort: not (null or ReasoningEffort.None) };
        if (options.Temperature is not null && (none || thinks))
            yield return nameof(ChatOptions.Temperature);
        if (options.TopK is not null && (none || thinks))
            yield return nameof(ChatOptions.TopK);
        var isSecond = options.Temperature is not null && !thinks && version?.CompareTo(s_oneOfTwo) >= 0;
        if (options.TopP is { } topP && (none || isSecond || (thinks && topP < 0.95f)))
            yield return nameof(ChatOptions.TopP);
    }

    /// <summary>The version in a name such as <c>claude-sonnet-4-5-20250929</c> or <c>claude-3-7-sonnet-20250219</c>; null when it has none.</summary>
    private static (int Major, int Minor)? VersionOf(string model)
    {
        if (!model.Contains("claude", StringComparison.OrdinalIgnoreCase))
            return null;
        // Longer numbers are days.
        var numbers = model
            .Split('-', '.', '@', ':', '/', '_')
            .Where(part => part.Length is 1 or 2 && part.All(char.IsAsciiDigit))
            .Select(part => int.Parse(part, CultureInfo.InvariantCulture))
            .ToList();
        return numbers switch
        {
            [] => null,
            [var major] => (major, 0),
            [var major, var minor, ..] => (major, minor),
        };
    }
}
