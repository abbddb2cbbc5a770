using Microsoft.ML.Tokenizers;

namespace Dossier;

/// <summary>The tokenizers of models whose encoding is published: OpenAI's (https://github.com/openai/tiktoken, model.py).</summary>
internal static class TokenCounters
{
    private static readonly (string Prefix, Lazy<ITokenCounter> Counter)[] s_models = Models();

    /// <summary>What counts a model's tokens, wherever it is served; null when its encoding is not known.</summary>
    public static ITokenCounter? Find(ModelReference model)
    {
        // A router's names begin with the vendor's; a fine-tune's with "ft:".
        var name = model.Model[(model.Model.LastIndexOf('/') + 1)..];
        if (name.StartsWith("ft:", StringComparison.Ordinal))
            name = name["ft:".Length..];
        foreach (var (prefix, counter) in s_models)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                return counter.Value;
        }
        return null;
    }

    private static (string, Lazy<ITokenCounter>)[] Models()
    {
        // Built when first needed: each takes megabytes and a tenth of a second.
        var o200k = new Lazy<ITokenCounter>(() => new TiktokenCounter("o200k_base"));
        var cl100k = new Lazy<ITokenCounter>(() => new TiktokenCounter("cl100k_base"));
        return
        [
            ("gpt-5", o200k),
            ("gpt-4.1", o200k),
            ("gpt-4.5", o200k),
            ("gpt-4o", o200k),
            ("chatgpt-4o", o200k),
            ("gpt-oss", o200k),
            ("o1", o200k),
            ("o3", o200k),
            ("o4-mini", o200k),
            ("gpt-4", cl100k),
            ("gpt-3.5", cl100k),
            ("text-embedding-3", cl100k),
            ("text-embedding-ada-002", cl100k),
        ];
    }

    private sealed class TiktokenCounter(string encoding) : ITokenCounter
    {
        private readonly TiktokenTokenizer _tokenizer = TiktokenTokenizer.CreateForEncoding(encoding);

        public string Method => encoding;

        // The text is exact. How a vendor wraps messages and tools is not, and differs from model to model.
        public decimal Margin => 0.05m;

        public long Count(string text) => _tokenizer.CountTokens(text);
    }
}
