using System.Text;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Reads the texts that an explanation shows, as far as they are there, and no more of them than it shows.</summary>
internal sealed class ExplanationTexts(IStorage storage, int maxLength)
{
    // What is larger is no text that anybody reads here.
    private const long MostBytes = 8 * 1024 * 1024;

    public async ValueTask<IReadOnlyList<ExplainedMessage>> ReadPromptAsync(TrackedResponse response, CancellationToken cancellationToken)
    {
        if (maxLength == 0 || response.RequestMessages.Count == 0)
            return [];
        // What somebody else keeps of the same is not this response's.
        if (response.Capture is Capture.DigestsOnly)
            return [.. response.RequestMessages.Select(static digest => new ExplainedMessage(digest, null, "", 0, []))];
        var entries = await storage.Records.GetContentsAsync(response.RequestMessages, cancellationToken).ConfigureAwait(false);
        var messages = new List<ExplainedMessage>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var digest = response.RequestMessages[i];
            if (await ReadAsync(entries[i], cancellationToken).ConfigureAwait(false) is not { } json)
                messages.Add(new(digest, null, "", 0, []));
            else
                messages.AddRange(MessageEncoder.DecodeMessages(json).Select(message => Show(digest, message)));
        }
        return messages;
    }

    /// <summary>The JSON of a value, whole; null when it is not there, or larger than anybody reads.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(ContentEntry? entry, CancellationToken cancellationToken)
    {
        if (entry is null or { Size: > MostBytes })
            return null;
        if (entry.Inline is { } bytes)
            return bytes;
        try
        {
            return await storage.ReadAsync(entry.Digest, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            return null; // erased, set aside or missing: the explanation says so, and VerifyAsync says why
        }
    }

    public string Cut(string text) =>
        text.Length <= maxLength ? text : text[..(char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength)];

    private ExplainedMessage Show(ContentDigest digest, ChatMessage message)
    {
        var text = new StringBuilder();
        foreach (var content in message.Contents)
            text.Append(
                content switch
                {
                    TextContent part => part.Text,
                    FunctionCallContent call => $"[calls {call.Name}]",
                    FunctionResultContent => "[result of a call]",
                    _ => "",
                }
            );
        var whole = text.ToString();
        return new(digest, message.Role.Value, Cut(whole), whole.Length, [.. DataReference.DigestsIn(message.Contents)]);
    }
}
