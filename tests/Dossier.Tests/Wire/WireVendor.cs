using Dossier.Tests.Providers;

namespace Dossier.Tests.Wire;

/// <summary>One protocol with its answers and its failures, for tests that hold whatever the protocol is.</summary>
internal sealed record WireVendor(string Name, IModelProvider Provider, string Path)
{
    public static WireVendor OpenAI { get; } =
        new("openai", new OpenAIProvider(VendorClient.Clock), "v1")
        {
            Answer = text => WireReply.Json(OpenAIWire.Completion(text)),
            Stream = OpenAIWire.Stream,
            CutStream = OpenAIWire.CutStream,
            ShortStream = OpenAIWire.ShortStream,
            StalledStream = texts => WireReply.StalledStream([.. texts.Select(text => OpenAIWire.Chunk(text))]),
            Failure = (status, headers) => OpenAIWire.Error(status, "Not now.", "server_error", null, headers),
            Usage = new()
            {
                Input = 60,
                CachedInput = 40,
                Output = 20,
                Reasoning = 10,
            },
        };

    public static WireVendor Anthropic { get; } =
        new("anthropic", new AnthropicProvider(VendorClient.Clock), "")
        {
            Answer = text => WireReply.Json(AnthropicWire.Answer(text)),
            Stream = AnthropicWire.Stream,
            CutStream = AnthropicWire.CutStream,
            ShortStream = AnthropicWire.ShortStream,
            StalledStream = AnthropicWire.StalledStream,
            Failure = (status, headers) => AnthropicWire.Error(status, "api_error", "Not now.", headers),
            Usage = new()
            {
                Input = 20,
                CachedInput = 300,
                CacheWrite = 60,
                CacheWrite1h = 40,
                Output = 30,
            },
        };

    public static WireVendor Ollama { get; } =
        new("ollama", new OllamaProvider(VendorClient.Clock), "")
        {
            Answer = text => WireReply.Json(OllamaWire.Answer(text)),
            Stream = OllamaWire.Stream,
            CutStream = OllamaWire.CutStream,
            ShortStream = OllamaWire.ShortStream,
            StalledStream = OllamaWire.StalledStream,
            Failure = (status, headers) => WireReply.Json(OllamaWire.Error("Not now."), status, headers),
            Usage = new() { Input = 26, Output = 30 },
        };

    /// <summary>The names, for theories: what a test prints is the name.</summary>
    public static TheoryData<string> Names => [OpenAI.Name, Anthropic.Name, Ollama.Name];

    /// <summary>A whole answer of this text.</summary>
    public required Func<string, WireReply> Answer { get; init; }

    /// <summary>A whole streamed answer of these texts.</summary>
    public required Func<string[], WireReply> Stream { get; init; }

    /// <summary>A stream whose connection is cut after these texts.</summary>
    public required Func<string[], WireReply> CutStream { get; init; }

    /// <summary>A stream that is closed properly after these texts, and too early.</summary>
    public required Func<string[], WireReply> ShortStream { get; init; }

    /// <summary>A stream that says nothing more after these texts.</summary>
    public required Func<string[], WireReply> StalledStream { get; init; }

    /// <summary>A status that is no success, in the vendor's form, which says "Not now.".</summary>
    public required Func<int, (string Name, string Value)[], WireReply> Failure { get; init; }

    /// <summary>What <see cref="Answer"/> took.</summary>
    public required TokenUsage Usage { get; init; }

    public static WireVendor Of(string name) => new[] { OpenAI, Anthropic, Ollama }.Single(vendor => vendor.Name == name);
}
