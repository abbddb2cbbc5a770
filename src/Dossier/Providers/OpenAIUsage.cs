using System.ClientModel.Primitives;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace Dossier;

/// <summary>
/// Brings the usage of OpenAI's protocol to the convention of Microsoft.Extensions.AI, in which cached input and cache writes are
/// parts of the input and reasoning is a part of the output, with the fields of vendors that have their own.
/// </summary>
internal static class OpenAIUsage
{
#pragma warning disable SCME0001 // the SDK's only way to members that it has no property for

    /// <summary>Completes what the SDK's adapter made of a usage.</summary>
    /// <param name="details">What it made of it; changed.</param>
    /// <param name="raw">The usage as it came.</param>
    /// <param name="dialect">The server's.</param>
    public static void Complete(UsageDetails details, ChatTokenUsage raw, OpenAIDialect dialect)
    {
        if (details.CachedInputTokenCount is null or 0 && CachedInput(raw) is { } cached)
            details.CachedInputTokenCount = cached;
        // OpenRouter, https://openrouter.ai/docs/guides/best-practices/prompt-caching
        if (raw.InputTokenDetails is { } input && input.Patch.TryGetValue("$.cache_write_tokens"u8, out long written) && written > 0)
            (details.AdditionalCounts ??= [])["CacheWriteInputTokens"] = written;

        var beside = details.TotalTokenCount - details.InputTokenCount - details.OutputTokenCount;
        if (!dialect.HasFlag(OpenAIDialect.ReasoningBesideOutput) || beside is not > 0)
            return;
        details.OutputTokenCount += beside;
        details.ReasoningTokenCount = Math.Max(details.ReasoningTokenCount ?? 0, beside.Value);
    }

    /// <summary>The usage that Groq sends in a member of its own, where it is asked for none.</summary>
    public static UsageDetails? OfGroq(StreamingChatCompletionUpdate update)
    {
        if (!update.Patch.Contains("$.x_groq"u8))
            return null;
        using var groq = JsonDocument.Parse(update.Patch.GetJson("$.x_groq"u8).ToMemory());
        if (!groq.RootElement.TryGetProperty("usage", out var member) || member.ValueKind != JsonValueKind.Object)
            return null;
        var json = BinaryData.FromString(member.GetRawText());
#pragma warning disable OPENAI001 // the SDK's way to read its types that needs no reflection
        var usage = ModelReaderWriter.Read<ChatTokenUsage>(json, ModelReaderWriterOptions.Json, OpenAIContext.Default)!;
#pragma warning restore OPENAI001
        return new()
        {
            InputTokenCount = usage.InputTokenCount,
            OutputTokenCount = usage.OutputTokenCount,
            TotalTokenCount = usage.TotalTokenCount,
            CachedInputTokenCount = usage.InputTokenDetails?.CachedTokenCount,
            ReasoningTokenCount = usage.OutputTokenDetails?.ReasoningTokenCount,
        };
    }

    // DeepSeek: https://api-docs.deepseek.com/guides/kv_cache; Moonshot has the other one.
    private static long? CachedInput(ChatTokenUsage raw) =>
        raw.Patch.TryGetValue("$.prompt_cache_hit_tokens"u8, out long hits) ? hits
        : raw.Patch.TryGetValue("$.cached_tokens"u8, out long cached) ? cached
        : null;
#pragma warning restore SCME0001
}
