namespace Dossier.Storage;

/// <summary>Which content records name; what none names is unused.</summary>
internal static class ContentNames
{
    private static ReadOnlySpan<byte> Reference => "dossier-content:sha256:"u8;

    /// <summary>The content of a response; none where only digests are kept.</summary>
    public static IEnumerable<NamedContent> Of(TrackedResponse response)
    {
        if (response.Capture is Capture.DigestsOnly)
            yield break;
        foreach (var message in response.RequestMessages)
            yield return new(message, IsMessages: true);
        foreach (var part in response.Conversation?.Sent ?? [])
            if (part.Message is { } standIn)
                yield return new(standIn, IsMessages: true);
        if (response.RequestOptions is { } options)
            yield return new(options);
        foreach (var message in response.ResponseMessages)
            yield return new(message, IsMessages: true);
    }

    /// <summary>The content of a message of a conversation, and the images and files in it.</summary>
    public static IEnumerable<NamedContent> Of(MessageRecord message) =>
        message.Data.Select(data => new NamedContent(data)).Prepend(new(message.Content, IsMessages: true));

    /// <summary>The content of a step: the values that it was given. Its artifacts name their own.</summary>
    public static IEnumerable<NamedContent> Of(StepRecord step) =>
        step.Inputs.Where(input => input is { ArtifactId: null, IsKept: true }).Select(input => new NamedContent(input.Digest));

    /// <summary>The content of all records that a session begins with.</summary>
    public static IEnumerable<NamedContent> Of(SessionCopy copy) =>
        copy
            .Artifacts.Select(artifact => new NamedContent(artifact.Digest, artifact.Size))
            .Concat(copy.Responses.SelectMany(Of))
            .Concat(copy.Steps.SelectMany(Of))
            .Concat(copy.Conversations.SelectMany(conversation => conversation.Runs).SelectMany(run => run).SelectMany(Of));

    /// <summary>
    /// The images and files that a stored message refers to. The text of a user who writes such a reference is taken for one, too: that
    /// keeps content, and reading messages as what they are would cost far more.
    /// </summary>
    public static void AddReferences(ReadOnlySpan<byte> message, ICollection<ContentDigest> digests)
    {
        const int HexLength = ContentDigest.Size * 2;
        Span<byte> hash = stackalloc byte[ContentDigest.Size];
        for (int at; (at = message.IndexOf(Reference)) >= 0; )
        {
            message = message[(at + Reference.Length)..];
            if (
                message.Length >= HexLength
                && Convert.FromHexString(message[..HexLength], hash, out _, out _) is System.Buffers.OperationStatus.Done
            )
                digests.Add(new(hash));
        }
    }
}

/// <summary>Content as a record names it.</summary>
/// <param name="Digest">Its address.</param>
/// <param name="Size">Its size, where the record says.</param>
/// <param name="IsMessages">Whether it is messages, which may name further content.</param>
internal readonly record struct NamedContent(ContentDigest Digest, long? Size = null, bool IsMessages = false);
