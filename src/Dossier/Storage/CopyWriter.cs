namespace Dossier.Storage;

/// <summary>Writes what a new session begins with, as it was recorded in another one.</summary>
internal sealed class CopyWriter(
    Database database,
    ContentRowWriter contents,
    ArtifactRowWriter artifacts,
    ResponseRowWriter responses,
    StepWriter steps,
    ConversationWriter conversations
)
{
    /// <summary>Looks for what the records come from and name. Writes nothing.</summary>
    /// <exception cref="ConflictException">A guard failed.</exception>
    public void Check(SessionCopy copy)
    {
        if (copy.Source is { } source)
            CommitGuards.CheckSource(copy, SessionSql.Get(database, source.Id)?.CreatedAt);
        foreach (var digest in copy.Contents)
            if (!ContentSql.Exists(database, digest))
                throw CommitGuards.ContentGone(digest);
    }

    public void Write(SessionState session, PendingCommit pending, SessionCopy copy, FactWriter facts)
    {
        // What is there is revived where it was condemned, and left alone otherwise.
        foreach (var digest in copy.Contents)
            contents.Write(new(digest, Size: 0));
        var runs = conversations.Copy(session, copy.Conversations);
        // Each writer gives the next number; what it gave last is set so that this is the number that the record had.
        foreach (var artifact in copy.Artifacts)
        {
            session.Versions[artifact.Name] = artifact.Version - 1;
            session.LastSequence = artifact.Sequence - 1;
            artifacts.Write(session, pending, [new(artifact)], contents, facts);
        }
        foreach (var response in copy.Responses)
        {
            session.LastSequence = response.Sequence - 1;
            responses.Write(session, [new(SessionCopy.Renumbered(response, runs))]);
        }
        steps.Write(session, new(copy.Steps.Select(step => KeyValuePair.Create(step.Key, step))));
        session.LastSequence = copy.LastSequence;
    }
}
