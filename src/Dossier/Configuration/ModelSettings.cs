using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Dossier;

/// <summary>
/// A key of the section <c>Models</c>: <c>Models:PROVIDER/MODEL:FACT</c>. Names of models contain colons (<c>qwen3:8b</c>), and so
/// a key is read from its end, where only names of facts can stand.
/// </summary>
/// <param name="Model">The model as it was written, colons and all.</param>
/// <param name="Fact">The name of the fact: a member of <see cref="ModelOverrides"/>, and of its price <c>Price:MEMBER</c>.</param>
internal sealed record ModelKey(string Model, string Fact)
{
    public const string Section = nameof(SessionOptions.Models);

    /// <summary>The key, or null when it names no fact.</summary>
    public static ModelKey? Parse(string key)
    {
        var parts = key.Split(ConfigurationPath.KeyDelimiter)[1..];
        if (parts is [_, .., var collection, var entry] && IsModalities(collection) && IsIndex(entry))
            return new(Join(parts[..^2]), ModelFacts.Find(collection)!);
        if (
            parts is [_, .., var price, var member]
            && price.Is(nameof(ModelOverrides.Price))
            && ModelFacts.FindPrice(member) is { } ofPrice
        )
            return new(Join(parts[..^2]), ofPrice);
        return parts is [_, .., var last] && ModelFacts.Find(last) is { } fact ? new(Join(parts[..^1]), fact) : null;
    }

    private static bool IsModalities(string fact) =>
        fact.Is(nameof(ModelOverrides.InputModalities)) || fact.Is(nameof(ModelOverrides.OutputModalities));

    private static bool IsIndex(string entry) => int.TryParse(entry, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static string Join(string[] parts) => string.Join(ConfigurationPath.KeyDelimiter, parts);
}

/// <summary>The facts that configuration can set, and how each is read.</summary>
internal static class ModelFacts
{
    private const string PricePrefix = nameof(ModelOverrides.Price) + ":";

    private static readonly Dictionary<string, Action<ModelOverrides, SettingReader, Setting>> s_facts = new(
        StringComparer.OrdinalIgnoreCase
    )
    {
        [nameof(ModelOverrides.DisplayName)] = (facts, _, setting) => facts.DisplayName = setting.Value,
        [nameof(ModelOverrides.ContextTokens)] = (facts, read, setting) => facts.ContextTokens = read.Tokens(setting),
        [nameof(ModelOverrides.MaxInputTokens)] = (facts, read, setting) => facts.MaxInputTokens = read.Tokens(setting),
        [nameof(ModelOverrides.MaxOutputTokens)] = (facts, read, setting) => facts.MaxOutputTokens = read.Tokens(setting),
        [nameof(ModelOverrides.InputModalities)] = (facts, read, setting) =>
            facts.InputModalities = (facts.InputModalities ?? Modalities.None) | read.Modalities(setting),
        [nameof(ModelOverrides.OutputModalities)] = (facts, read, setting) =>
            facts.OutputModalities = (facts.OutputModalities ?? Modalities.None) | read.Modalities(setting),
        [nameof(ModelOverrides.Tools)] = (facts, read, setting) => facts.Tools = read.Support(setting),
        [nameof(ModelOverrides.StructuredOutput)] = (facts, read, setting) => facts.StructuredOutput = read.Support(setting),
        [nameof(ModelOverrides.JsonMode)] = (facts, read, setting) => facts.JsonMode = read.Support(setting),
        [nameof(ModelOverrides.Reasoning)] = (facts, read, setting) => facts.Reasoning = read.Support(setting),
        [nameof(ModelOverrides.Streaming)] = (facts, read, setting) => facts.Streaming = read.Support(setting),
        [nameof(ModelOverrides.SystemPrompt)] = (facts, read, setting) => facts.SystemPrompt = read.Support(setting),
        [nameof(ModelOverrides.Temperature)] = (facts, read, setting) => facts.Temperature = read.Support(setting),
        [nameof(ModelOverrides.TopP)] = (facts, read, setting) => facts.TopP = read.Support(setting),
        [nameof(ModelOverrides.Penalties)] = (facts, read, setting) => facts.Penalties = read.Support(setting),
        [nameof(ModelOverrides.StopSequences)] = (facts, read, setting) => facts.StopSequences = read.Support(setting),
        [nameof(ModelOverrides.PromptCaching)] = (facts, read, setting) => facts.PromptCaching = read.Support(setting),
        [nameof(ModelOverrides.Embeddings)] = (facts, read, setting) => facts.Embeddings = read.Support(setting),
        [nameof(ModelOverrides.LifeCycle)] = (facts, read, setting) => facts.LifeCycle = read.Choice<LifeCycle>(setting),
        [nameof(ModelOverrides.Replacement)] = (facts, _, setting) => facts.Replacement = setting.Value,
        [PricePrefix + nameof(PriceOverrides.Input)] = (facts, read, setting) => Price(facts).Input = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.CachedInput)] = (facts, read, setting) => Price(facts).CachedInput = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.CacheWrite)] = (facts, read, setting) => Price(facts).CacheWrite = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.CacheWrite1h)] = (facts, read, setting) => Price(facts).CacheWrite1h = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.AudioInput)] = (facts, read, setting) => Price(facts).AudioInput = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.CachedAudioInput)] = (facts, read, setting) =>
            Price(facts).CachedAudioInput = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.AudioOutput)] = (facts, read, setting) => Price(facts).AudioOutput = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.Output)] = (facts, read, setting) => Price(facts).Output = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.Reasoning)] = (facts, read, setting) => Price(facts).Reasoning = read.Price(setting),
        [PricePrefix + nameof(PriceOverrides.Currency)] = (facts, read, setting) =>
            Price(facts).Currency = read.Currency(setting) ?? Price(facts).Currency,
    };

    /// <summary>What may stand at the end of a key.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_facts.Keys.Where(name => !IsOfPrice(name)), nameof(ModelOverrides.Price)];

    /// <summary>What may stand below <c>Price</c>.</summary>
    public static IReadOnlyList<string> PriceNames { get; } = [.. s_facts.Keys.Where(IsOfPrice).Select(name => name[PricePrefix.Length..])];

    public static string? Find(string fact) => s_facts.Keys.FirstOrDefault(fact.Is);

    public static string? FindPrice(string member) => Find(PricePrefix + member);

    public static bool IsOfPrice(string fact) => fact.StartsWith(PricePrefix, StringComparison.Ordinal);

    /// <summary>Sets one fact; of modalities that are written as a list, adds one to the others.</summary>
    public static void Set(ModelOverrides facts, string fact, SettingReader reader, Setting setting) =>
        s_facts[fact](facts, reader, setting);

    private static PriceOverrides Price(ModelOverrides facts) => facts.Price ??= new();
}
