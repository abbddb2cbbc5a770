using Microsoft.Extensions.AI;

namespace Dossier.Tests;

/// <summary>What goes wrong at a provider.</summary>
internal static class Failures
{
    public static ProviderException ServerError { get; } = Of(ProviderErrorKind.ServerError, isTransient: true, status: 500);

    public static ProviderException WrongKey { get; } = Of(ProviderErrorKind.Authentication, status: 401);

    public static ProviderException WrongRequest { get; } = Of(ProviderErrorKind.InvalidRequest, status: 400);

    public static ProviderException SlowDown(TimeSpan? retryAfter = null) =>
        Of(ProviderErrorKind.RateLimited, isTransient: true, status: 429, retryAfter);

    public static ProviderException Of(ProviderErrorKind kind, bool isTransient = false, int? status = null, TimeSpan? retryAfter = null) =>
        new("scripted", "script-1", new(kind, status, isTransient, retryAfter), $"The provider says {kind}.");
}

/// <summary>Tools that tests let models call.</summary>
internal static class Tools
{
    /// <summary>A tool that counts its calls.</summary>
    public static AIFunction Counting(Action called) =>
        AIFunctionFactory.Create(
            () =>
            {
                called();
                return "sunny";
            },
            "weather"
        );

    /// <summary>A stream in which a model asks for the tool.</summary>
    public static async IAsyncEnumerable<ChatResponseUpdate> CallAsync()
    {
        await Task.Yield();
        yield return new(ChatRole.Assistant, [new FunctionCallContent("call-1", "weather", new Dictionary<string, object?>())]);
        yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 10, OutputTokenCount = 4 })])
        {
            FinishReason = ChatFinishReason.ToolCalls,
        };
    }
}
