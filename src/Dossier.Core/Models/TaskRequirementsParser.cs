using System.Globalization;
using System.Text.Json;

namespace Dossier;

/// <summary>Reads <see cref="TaskRequirements"/> from names and values.</summary>
internal static class TaskRequirementsParser
{
    private static readonly Setting[] s_settings =
    [
        new(
            "min_context_tokens",
            ["max_context_tokens", "context_tokens", "context_window"],
            (r, v) => r with { MinContextTokens = v.Tokens() }
        ),
        new("min_output_tokens", ["max_output_tokens", "output_tokens"], (r, v) => r with { MinOutputTokens = v.Tokens() }),
        new("vision", ["supports_vision", "image_input"], (r, v) => r with { Vision = v.Flag() }),
        new(
            "tools",
            ["supports_tools", "function_calling", "supports_function_calling", "tool_calling"],
            (r, v) => r with { Tools = v.Flag() }
        ),
        new("structured_output", ["supports_structured_output", "structured_outputs"], (r, v) => r with { StructuredOutput = v.Flag() }),
        new("json_mode", ["supports_json_mode"], (r, v) => r with { JsonMode = v.Flag() }),
        new("reasoning", ["supports_reasoning"], (r, v) => r with { Reasoning = v.Flag() }),
        new("streaming", ["supports_streaming"], (r, v) => r with { Streaming = v.Flag() }),
        new("audio_input", ["audio", "supports_audio", "supports_audio_input"], (r, v) => r with { AudioInput = v.Flag() }),
        new("pdf_input", ["pdf", "supports_pdf", "supports_pdf_input"], (r, v) => r with { PdfInput = v.Flag() }),
        new("system_prompt", ["supports_system_prompt"], (r, v) => r with { SystemPrompt = v.Flag() }),
        new("prompt_caching", ["supports_prompt_caching"], (r, v) => r with { PromptCaching = v.Flag() }),
        new("embeddings", ["supports_embeddings"], (r, v) => r with { Embeddings = v.Flag() }),
        new("expected_input_tokens", [], (r, v) => r with { ExpectedUsage = (r.ExpectedUsage ?? new()) with { Input = v.Count() } }),
        new("expected_output_tokens", [], (r, v) => r with { ExpectedUsage = (r.ExpectedUsage ?? new()) with { Output = v.Count() } }),
        new("max_cost_per_call", [], (r, v) => r with { MaxCostPerCall = v.Number() }),
        new("max_input_price_per_million", ["max_input_price"], (r, v) => r with { MaxInputPricePerMillion = v.Number() }),
        new("max_output_price_per_million", ["max_output_price"], (r, v) => r with { MaxOutputPricePerMillion = v.Number() }),
        new(
            "max_price_per_million",
            ["max_price"],
            (r, v) => r with { MaxInputPricePerMillion = v.Number(), MaxOutputPricePerMillion = v.Number() },
            ["max_input_price_per_million", "max_output_price_per_million"]
        ),
        new("unknown_is_suitable", [], (r, v) => r with { UnknownIsSuitable = v.Flag() }),
    ];

    public static TaskRequirements Parse(IReadOnlyDictionary<string, object> requirements)
    {
        var result = new TaskRequirements();
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in requirements)
        {
            var setting = SettingOf(name) ?? throw new ArgumentException(UnknownName(name), nameof(requirements));
            if (value is null or JsonElement { ValueKind: JsonValueKind.Null })
                continue;
            foreach (var part in setting.Parts ?? [setting.Name])
            {
                if (!given.TryAdd(part, name))
                    throw new ArgumentException(
                        $"The requirements '{given[part]}' and '{name}' say the same thing. Leave one out.",
                        nameof(requirements)
                    );
            }
            try
            {
                result = setting.Apply(result, new Value(name, value));
            }
            catch (FormatException e)
            {
                throw new ArgumentException(e.Message, nameof(requirements), e);
            }
        }
        return result;
    }

    private static Setting? SettingOf(string name) =>
        Array.Find(
            s_settings,
            setting =>
                setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                || setting.Synonyms.Contains(name, StringComparer.OrdinalIgnoreCase)
        );

    private static string UnknownName(string name)
    {
        var nearest = NearestNames.Of(name, s_settings.SelectMany(setting => setting.Synonyms.Prepend(setting.Name)), 1);
        var guess = nearest.Count == 0 ? "" : $" {NearestNames.Question(nearest)}";
        return $"'{name}' is no known requirement.{guess} Known are {string.Join(", ", s_settings.Select(setting => setting.Name))}.";
    }

    /// <param name="Name">The name that messages use.</param>
    /// <param name="Synonyms">Other names for it.</param>
    /// <param name="Apply">Sets it.</param>
    /// <param name="Parts">The settings that it stands for, where it is a short form of several.</param>
    private sealed record Setting(
        string Name,
        string[] Synonyms,
        Func<TaskRequirements, Value, TaskRequirements> Apply,
        string[]? Parts = null
    );

    private readonly record struct Value(string Name, object Given)
    {
        public bool Flag() =>
            Given switch
            {
                bool flag => flag,
                string text when bool.TryParse(text, out var flag) => flag,
                JsonElement { ValueKind: JsonValueKind.True } => true,
                JsonElement { ValueKind: JsonValueKind.False } => false,
                JsonElement { ValueKind: JsonValueKind.String } json when bool.TryParse(json.GetString(), out var flag) => flag,
                _ => throw Wrong("true or false"),
            };

        public long Tokens()
        {
            var number = TryNumber();
            return number is { } whole && decimal.IsInteger(whole) && whole is >= long.MinValue and <= long.MaxValue
                ? (long)whole
                : throw Wrong("a whole number of tokens");
        }

        public long Count() => Tokens() is >= 0 and var tokens ? tokens : throw Wrong("a number of tokens, 0 or more");

        public decimal Number() => TryNumber() ?? throw Wrong("a number");

        private decimal? TryNumber() =>
            Given switch
            {
                decimal number => number,
                int number => number,
                long number => number,
                double number => double.Abs(number) < 1e15 ? (decimal)number : null,
                float number => float.Abs(number) < 1e15f ? (decimal)number : null,
                short or ushort or byte or sbyte or uint or ulong => Convert.ToDecimal(Given, CultureInfo.InvariantCulture),
                string text => Parsed(text),
                JsonElement { ValueKind: JsonValueKind.Number } json => json.TryGetDecimal(out var number) ? number : null,
                JsonElement { ValueKind: JsonValueKind.String } json => Parsed(json.GetString()),
                _ => null,
            };

        private static decimal? Parsed(string? text) =>
            decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

        private FormatException Wrong(string expected) =>
            new(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The requirement '{Name}' is '{Given}' ({Given.GetType().Name}); it has to be {expected}."
                )
            );
    }
}
