using System.Text;
using System.Text.Json;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>Reads what is compared as text, and never more of it than is compared.</summary>
internal sealed class DiffTexts(IStorage storage)
{
    private const int MostBytes = 64 * 1024;
    private const int MostMessageBytes = 1024 * 1024;

    /// <summary>Compares what the messages of two responses say; null when it is the same.</summary>
    public async ValueTask<TextDiff?> CompareMessagesAsync(
        TrackedResponse left,
        TrackedResponse right,
        Func<TrackedResponse, IReadOnlyList<ContentDigest>> messages,
        CancellationToken cancellationToken
    )
    {
        if (messages(left).SequenceEqual(messages(right)))
            return null;
        var before = await OfMessagesAsync(left, messages(left), cancellationToken).ConfigureAwait(false);
        var after = await OfMessagesAsync(right, messages(right), cancellationToken).ConfigureAwait(false);
        return Compare(before, after);
    }

    /// <summary>Compares the options of two responses; null when they are the same.</summary>
    public async ValueTask<TextDiff?> CompareOptionsAsync(TrackedResponse left, TrackedResponse right, CancellationToken cancellationToken)
    {
        if (left.RequestOptions == right.RequestOptions)
            return null;
        var before = await OfOptionsAsync(left, cancellationToken).ConfigureAwait(false);
        var after = await OfOptionsAsync(right, cancellationToken).ConfigureAwait(false);
        return Compare(before, after);
    }

    /// <summary>Compares artifacts; null when they have the same content, or one is no text.</summary>
    public async ValueTask<TextDiff?> CompareAsync(ArtifactRecord left, ArtifactRecord right, CancellationToken cancellationToken)
    {
        if (left.Digest == right.Digest || !ContentTypes.IsText(left.ContentType) || !ContentTypes.IsText(right.ContentType))
            return null;
        var before = await BeginningOfAsync(left.Digest, cancellationToken).ConfigureAwait(false);
        var after = await BeginningOfAsync(right.Digest, cancellationToken).ConfigureAwait(false);
        return TextDiff.Of(before.Text, after.Text, before.IsCut || after.IsCut);
    }

    private static TextDiff? Compare((string Text, bool IsCut) left, (string Text, bool IsCut) right) =>
        left == right && !left.IsCut ? null : TextDiff.Of(left.Text, right.Text, left.IsCut || right.IsCut);

    private async ValueTask<(string Text, bool IsCut)> OfMessagesAsync(
        TrackedResponse response,
        IReadOnlyList<ContentDigest> messages,
        CancellationToken cancellationToken
    )
    {
        var text = new StringBuilder();
        foreach (var digest in messages)
        {
            if (text.Length > MostBytes)
                break;
            Append(text, await ReadAsync(response, digest, cancellationToken).ConfigureAwait(false), digest);
        }
        var isCut = text.Length > MostBytes;
        return (isCut ? text.ToString(0, MostBytes) : text.ToString().TrimEnd('\n'), isCut);
    }

    private static void Append(StringBuilder text, ReadOnlyMemory<byte>? json, ContentDigest digest)
    {
        if (json is null || Decoded(json.Value) is not { } messages)
        {
            // Large, missing, damaged or not kept: it is told from others by its address all the same.
            text.Append("message ").Append(digest.ToString()).Append('\n');
            return;
        }
        foreach (var message in messages)
        {
            foreach (var content in message.Contents)
                if (TextOf(content) is { } said)
                    text.Append(message.Role.Value).Append(": ").Append(said).Append('\n');
            foreach (var data in DataReference.DigestsIn(message.Contents))
                text.Append(message.Role.Value).Append(": content ").Append(data.ToString()).Append('\n');
        }
    }

    private static IReadOnlyList<ChatMessage>? Decoded(ReadOnlyMemory<byte> json)
    {
        try
        {
            return [.. MessageEncoder.DecodeMessages(json)];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? TextOf(AIContent content) =>
        content switch
        {
            TextContent text => text.Text,
            TextReasoningContent reasoning => $"(reasoning) {reasoning.Text}",
            FunctionCallContent call => $"calls {call.Name} {Json(call.Arguments)}",
            FunctionResultContent result => $"result {result.Result}",
            UriContent uri => uri.Uri.ToString(),
            DataContent data => $"{data.MediaType} {data.Name}",
            ErrorContent error => $"(error) {error.Message}",
            UsageContent => null,
            _ => $"({content.GetType().Name})",
        };

    private static string Json(IDictionary<string, object?>? arguments) =>
        string.Join(", ", (arguments ?? new Dictionary<string, object?>()).Select(argument => $"{argument.Key}: {argument.Value}"));

    private async ValueTask<(string Text, bool IsCut)> OfOptionsAsync(TrackedResponse response, CancellationToken cancellationToken)
    {
        if (response.RequestOptions is not { } known)
            return ("", false);
        if (await ReadAsync(response, known, cancellationToken).ConfigureAwait(false) is not { } json)
            return ($"options {known}", true);
        try
        {
            var lines = RequestForm.OptionsOf(json, isFollowUp: false).Select(it => $"{it.Name}: {Encoding.UTF8.GetString(it.Value.Span)}");
            return (string.Join('\n', lines), false);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return ($"options {known}", true);
        }
    }

    /// <summary>Null when it is too large to be compared, or cannot be read, or the response keeps no texts, though another may have the same.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(
        TrackedResponse response,
        ContentDigest digest,
        CancellationToken cancellationToken
    )
    {
        if (response.Capture is Capture.DigestsOnly)
            return null;
        try
        {
            var entry = await storage.Records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false);
            return entry is null || entry.Size > MostMessageBytes
                ? null
                : entry.Inline ?? await storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false);
        }
        catch (DossierException)
        {
            return null;
        }
    }

    private async ValueTask<(string Text, bool IsCut)> BeginningOfAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await storage.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                var bytes = new byte[MostBytes + 1];
                var read = await stream
                    .ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken)
                    .ConfigureAwait(false);
                return (Encoding.UTF8.GetString(bytes, 0, Math.Min(read, MostBytes)), read > MostBytes);
            }
        }
        catch (DossierException)
        {
            return ($"content {digest} cannot be read", true);
        }
    }
}
