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
        var runs = conversations.CopyRuns(session, copy.Conversations);
        // Each writer gives the next number; what it gave last is set so that this is the number that the record had.
        foreach (var artifact in copy.Artifacts)
        {
            session.Versions[artifact.Name] = artifact.Version - 1;
            session.LastSequence = artifact.Sequence - 1;
            artifacts.Write(session, pending, [new(artifact)], contents, facts);
            if (artifact.IsPinned)
                Pin(session, artifact);
        }
        var said = SaidBy(copy);
        foreach (var response in copy.Responses)
        {
            session.LastSequence = response.Sequence - 1;
            var turn = said.TryGetValue(response.Id, out var messages) && messages.AreAllOf(response) ? messages : (SaidMessages?)null;
            var encoded = turn is null ? new(SessionCopy.Renumbered(response, runs), said: null) : new EncodedResponse(response, turn);
            var (_, places) = responses.Write(session, pending, [encoded])!.Value;
            if (turn is { Messages: var its })
                responses.WriteTurn(response, places[0], SessionCopy.Renumbered(its[0].Id, runs));
        }
        conversations.CopyMessages(session, copy.Conversations, runs);
        steps.Write(session, new(copy.Steps.Select(step => KeyValuePair.Create(step.Key, step))));
        session.LastSequence = copy.LastSequence;
    }

    /// <summary>The messages of each response, where they are behind one another in a run.</summary>
    private static Dictionary<string, SaidMessages> SaidBy(SessionCopy copy)
    {
        var said = new Dictionary<string, SaidMessages>();
        foreach (var run in copy.Conversations.SelectMany(conversation => conversation.Runs))
            for (int first = 0, end; first < run.Count; first = end)
            {
                for (end = first + 1; end < run.Count && run[end].ResponseId == run[first].ResponseId; )
                    end++;
                if (run[first].ResponseId is { } response)
                    said[response] = new(run[first].Parent, [.. run.Skip(first).Take(end - first)]);
            }
        return said;
    }

    private void Pin(SessionState session, ArtifactRecord artifact)
    {
        using var update = database.Prepare("UPDATE artifacts SET pinned = 1 WHERE session = ?1 AND sequence = ?2");
        update.Bind(1, session.Key);
        update.Bind(2, artifact.Sequence);
        update.Step();
    }
}
