namespace Dossier.Storage;

/// <summary>One purge of memory. Under the lock of the records it is alone, so that one look at what is named is enough.</summary>
internal sealed class MemoryPurge(PurgeOptions options, DateTimeOffset at, MemoryContentTable contents)
{
    private readonly HashSet<ContentDigest> _named = [];
    private readonly HashSet<ContentDigest> _messages = [];
    private readonly DateTimeOffset _before = PurgeOptions.Before(at, options.TrashedFor);

    public PurgeReport Report { get; private set; } = new() { IsDryRun = options.DryRun };

    /// <summary>Whether the session goes, with all that it owns. Otherwise its artifacts that go are in <paramref name="gone"/>.</summary>
    public bool Takes(MemorySession session, ICollection<MemoryArtifact> gone)
    {
        if (session.TrashedAt <= _before)
        {
            Report = Report with
            {
                Sessions = Report.Sessions + 1,
                Artifacts = Report.Artifacts + session.Artifacts.Count(artifact => artifact is not null),
                Responses = Report.Responses + session.Responses.Count,
                Messages = Report.Messages + session.Conversations.Totals.Messages,
            };
            return true;
        }
        foreach (var artifact in session.Artifacts.OfType<MemoryArtifact>())
            if (artifact.State.TrashedAt <= _before)
                gone.Add(artifact);
            else
                _named.Add(artifact.Digest);
        Report = Report with { Artifacts = Report.Artifacts + gone.Count };
        var all = session
            .Responses.SelectMany(response => ContentNames.Of(response.Decode(session.Id)))
            .Concat(session.Conversations.Messages.SelectMany(ContentNames.Of))
            .Concat(session.Steps.All.SelectMany(step => ContentNames.Of(step.Decode())));
        foreach (var content in all)
        {
            _named.Add(content.Digest);
            if (content.IsMessages && _messages.Add(content.Digest))
                Read(content.Digest);
        }
        return false;
    }

    private void Read(ContentDigest message)
    {
        var bytes = contents.Read(message);
        if (ContentDigest.Of(bytes) == message)
            ContentNames.AddReferences(bytes, _named);
        else
            Report = Report with { UnreadableMessages = Report.UnreadableMessages + 1 };
    }

    /// <summary>Condemns what is not named, and deletes what has been condemned for long enough.</summary>
    public void TakeContents()
    {
        if (Report.UnreadableMessages > 0)
            return;
        var before = PurgeOptions.Before(at, options.GracePeriod);
        foreach (var (digest, size, condemnedAt) in contents.Unused(_named).ToList())
        {
            var isOver = (condemnedAt ?? at) <= before;
            Report = isOver
                ? Report with
                {
                    Contents = Report.Contents + 1,
                    Bytes = Report.Bytes + size,
                }
                : Report with
                {
                    Condemned = Report.Condemned + 1,
                };
            if (!options.DryRun)
                contents.Condemn(digest, condemnedAt ?? at, isOver);
        }
    }

    /// <summary>Deletes what no session names, as a purge without a grace period; <paramref name="report"/> says what the caller has removed before.</summary>
    /// <exception cref="StorageException">A message cannot be read, and nothing was deleted.</exception>
    public static ErasureReport TakeUnused(
        IEnumerable<MemorySession> sessions,
        MemoryContentTable contents,
        DateTimeOffset at,
        ErasureReport report
    )
    {
        var unused = new MemoryPurge(new() { TrashedFor = TimeSpan.MaxValue, GracePeriod = TimeSpan.Zero }, at, contents);
        foreach (var session in sessions)
            unused.Takes(session, new List<MemoryArtifact>());
        unused.TakeContents();
        if (unused.Report.UnreadableMessages > 0)
            throw CommitGuards.ErasureIncomplete("memory", unused.Report.UnreadableMessages);
        return report with { Contents = unused.Report.Contents, Bytes = unused.Report.Bytes };
    }
}
