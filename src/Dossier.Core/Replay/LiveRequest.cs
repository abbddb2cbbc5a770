using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A request that is to be answered from a record: encoded and masked as it would be recorded.</summary>
internal sealed class LiveRequest
{
    private readonly SecretMasker _masker;
    private readonly IEnumerable<ChatMessage> _messages;
    private readonly ChatOptions _options;

    /// <param name="messages">What is sent.</param>
    /// <param name="options">What it is sent with.</param>
    /// <param name="model">The model of the client.</param>
    /// <param name="masker">Masks secrets.</param>
    /// <param name="isWhole">Whether the client is one of the caller's own, whose call is answered as a whole.</param>
    public LiveRequest(IReadOnlyList<ChatMessage> messages, CallOptions options, ModelReference model, SecretMasker masker, bool isWhole)
    {
        (_messages, _masker, IsWhole) = (messages, masker, isWhole);
        _options = options.Embedding ?? (ChatOptions)options;
        Operation = options.Embedding is null ? ResponseOperation.Chat : ResponseOperation.Embedding;
        Model = $"{masker.Apply(model.Provider)}/{masker.Apply(options.ModelId ?? model.Model)}";
        (StepKey, StepAttempt) = options.Call.Step;
        Lines = RequestIdentity.LinesOf(EncodeMessages().SelectMany(RequestForm.OfMessages));
        Options = options.Embedding is { Given: null } ? null : RequestForm.OfOptions(EncodeOptions(), isFollowUp: false);
        Identity = RequestIdentity.Of(Operation, Model, Options, Lines);
    }

    public ResponseOperation Operation { get; }

    public string Model { get; }

    public ContentDigest? StepKey { get; }

    public long StepAttempt { get; }

    public bool IsWhole { get; }

    public ContentDigest? Options { get; }

    public IReadOnlyList<string> Lines { get; }

    public ContentDigest Identity { get; }

    /// <summary>The messages as they would be stored.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> EncodeMessages()
    {
        var encoder = new MessageEncoder(_masker);
        return _messages.Select(encoder.Encode);
    }

    /// <summary>The options as they would be stored.</summary>
    public ReadOnlyMemory<byte> EncodeOptions() => new MessageEncoder(_masker).Encode(_options);
}
