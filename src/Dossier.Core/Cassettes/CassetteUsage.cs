using System.Globalization;

namespace Dossier;

/// <summary>The tokens of an answer in one line: the classes that are not 0, by name.</summary>
internal static class CassetteUsage
{
    private static readonly (string Name, Func<TokenUsage, long> Get, Func<TokenUsage, long, TokenUsage> With)[] s_classes =
    [
        ("input", static it => it.Input, static (it, count) => it with { Input = count }),
        ("cached-input", static it => it.CachedInput, static (it, count) => it with { CachedInput = count }),
        ("cache-write", static it => it.CacheWrite, static (it, count) => it with { CacheWrite = count }),
        ("cache-write-1h", static it => it.CacheWrite1h, static (it, count) => it with { CacheWrite1h = count }),
        ("audio-input", static it => it.AudioInput, static (it, count) => it with { AudioInput = count }),
        ("cached-audio-input", static it => it.CachedAudioInput, static (it, count) => it with { CachedAudioInput = count }),
        ("output", static it => it.Output, static (it, count) => it with { Output = count }),
        ("reasoning", static it => it.Reasoning, static (it, count) => it with { Reasoning = count }),
        ("audio-output", static it => it.AudioOutput, static (it, count) => it with { AudioOutput = count }),
    ];

    public static string Write(TokenUsage usage)
    {
        var counts = s_classes
            .Select(it => (it.Name, Count: it.Get(usage)))
            .Where(static it => it.Count > 0)
            .Select(static it => string.Create(CultureInfo.InvariantCulture, $"{it.Name} {it.Count}"))
            .ToList();
        return counts.Count > 0 ? string.Join(", ", counts) : "input 0";
    }

    /// <exception cref="CassetteException">It is something else.</exception>
    public static TokenUsage Take(CassetteCursor cursor)
    {
        var (usage, next) = (new TokenUsage(), 0);
        do
        {
            var name = cursor.TakeWord("a class of tokens");
            var at = Array.FindIndex(s_classes, next, it => string.Equals(it.Name, name, StringComparison.Ordinal));
            if (at < 0)
                throw cursor.Unexpected($"tokens by class, in the order of {string.Join(", ", s_classes.Select(static it => it.Name))}");
            cursor.Expect(" ");
            usage = s_classes[at].With(usage, cursor.TakeCount("a number of tokens"));
            next = at + 1;
        } while (cursor.TryTake(", "));
        cursor.End("tokens by class");
        return usage;
    }
}
