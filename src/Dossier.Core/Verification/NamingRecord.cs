using Dossier.Storage;

namespace Dossier;

/// <summary>A record with the contents that it names.</summary>
internal sealed record NamingRecord(AffectedRecord Record, IReadOnlyList<NamedContent> Contents)
{
    public static NamingRecord Of(ArtifactRecord artifact) =>
        new(new(artifact.SessionId, artifact.Id, artifact.Name, artifact.Version), [new(artifact.Digest, artifact.Size)]);

    public static NamingRecord Of(MessageRecord message, string sessionId, string conversation) =>
        new(
            new(sessionId, message.Id.ToString(), conversation, null),
            [new(message.Content, IsMessages: true), .. message.Data.Select(data => new NamedContent(data))]
        );

    public static NamingRecord Of(TrackedResponse response)
    {
        var contents = new List<NamedContent>();
        foreach (var message in response.RequestMessages)
            contents.Add(new(message, IsMessages: true));
        if (response.RequestOptions is { } options)
            contents.Add(new(options));
        foreach (var message in response.ResponseMessages)
            contents.Add(new(message, IsMessages: true));
        return new(new(response.SessionId, response.Id, response.Key, null), contents);
    }

    public static NamingRecord Of(StepRecord step) =>
        new(new(step.SessionId, step.Key.ToString(), step.Name, null), [.. ContentNames.Of(step).Select(value => new NamedContent(value))]);
}

/// <summary>Content as a record names it.</summary>
/// <param name="Digest">Its address.</param>
/// <param name="Size">Its size, where the record says.</param>
/// <param name="IsMessages">Whether it is messages, which may name further content.</param>
internal readonly record struct NamedContent(ContentDigest Digest, long? Size = null, bool IsMessages = false);
