using Dossier.Storage;

namespace Dossier;

/// <summary>A record with the contents that it names.</summary>
internal sealed record NamingRecord(AffectedRecord Record, IReadOnlyList<NamedContent> Contents)
{
    /// <summary>Whether it cannot be asked for again, because its session's own record cannot be read.</summary>
    public bool IsOfUnreadableSession { get; init; }

    public static NamingRecord Of(ArtifactRecord artifact) =>
        new(new(artifact.SessionId, artifact.Id, artifact.Name, artifact.Version), [new(artifact.Digest, artifact.Size)]);

    public static NamingRecord Of(MessageRecord message, string sessionId, string conversation) =>
        new(new(sessionId, message.Id.ToString(), conversation, null), [.. ContentNames.Of(message)]);

    public static NamingRecord Of(TrackedResponse response) =>
        new(new(response.SessionId, response.Id, response.Key, null), [.. ContentNames.Of(response)]);

    public static NamingRecord Of(StepRecord step) =>
        new(new(step.SessionId, step.Key.ToString(), step.Name, null), [.. ContentNames.Of(step)]);
}
