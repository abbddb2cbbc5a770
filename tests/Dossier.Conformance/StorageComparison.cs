using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Compares all that a storage answers with what the model holds.</summary>
internal static class StorageComparison
{
    private const int PageSize = 7;

    public static async Task CompareAsync(IStorage storage, StorageModel model)
    {
        await CompareSessionsAsync(storage, model);
        var query = new ArtifactQuery { PageSize = PageSize, Trash = TrashFilter.Include };
        var all = await ReadAllAsync(next => storage.Records.QueryArtifactsAsync(null, query, next));
        all.Select(it => it.Id).Should().Equal(model.Artifacts.Select(it => it.Id));
        foreach (var session in model.Sessions.Values)
            all.Where(it => it.SessionId == session.Info.Id).Select(Facts).Should().Equal(session.Artifacts.Select(Facts));
        var live = model.Sessions.Values.Where(it => it.Info.TrashedAt is null).SelectMany(it => it.Artifacts);
        var totals = await storage.Records.CountArtifactsAsync(null, new());
        totals.Sum(it => it.Bytes).Should().Be(live.Where(it => it.TrashedAt is null).Sum(it => it.Size));
    }

    /// <summary>The same without the order between sessions.</summary>
    public static async Task CompareSessionsAsync(IStorage storage, StorageModel model)
    {
        var sessions = await ReadAllAsync(next =>
            storage.Records.QuerySessionsAsync(new() { PageSize = PageSize, Trash = TrashFilter.Include }, next)
        );
        sessions.Should().BeEquivalentTo(model.Sessions.Values.Select(session => session.Info));
        foreach (var (id, session) in model.Sessions)
            await CompareSessionAsync(storage.Records, id, session);
        foreach (var content in model.Contents.Values)
        {
            var known = await storage.Records.GetContentAsync(content.Digest);
            known.Should().NotBeNull("{0} is named by a record", content.Digest);
            known.Size.Should().Be(content.Size);
            var bytes = known.Inline?.ToArray() ?? await ReadAsync(storage.Contents, content.Digest);
            ContentDigest.Of(bytes).Should().Be(content.Digest);
        }
    }

    private static async Task CompareSessionAsync(IRecordStore records, string id, SessionModel session)
    {
        (await records.GetSessionAsync(id)).Should().BeEquivalentTo(session.Info);

        var everything = new ArtifactQuery { PageSize = PageSize, Trash = TrashFilter.Include };
        var artifacts = await ReadAllAsync(next => records.QueryArtifactsAsync(id, everything, next));
        artifacts.Select(Facts).Should().Equal(session.Artifacts.Select(Facts));
        foreach (var artifact in session.Artifacts)
        {
            Facts((await records.GetArtifactAsync(id, artifact.Id))!).Should().Be(Facts(artifact));
            var found = await records.FindArtifactAsync(id, artifact.Name, artifact.Version);
            (found is null ? null : Facts(found)).Should().Be(artifact.TrashedAt is null ? Facts(artifact) : null);
        }
        foreach (var name in session.Artifacts.Where(artifact => artifact.TrashedAt is null).GroupBy(artifact => artifact.Name))
        {
            Facts((await records.FindArtifactAsync(id, name.Key))!).Should().Be(Facts(name.Last()));
            var query = new ArtifactQuery
            {
                Name = name.Key,
                Order = ArtifactOrder.NewestFirst,
                PageSize = 2,
            };
            var found = await ReadAllAsync(next => records.QueryArtifactsAsync(id, query, next));
            found.Select(Facts).Should().Equal(name.Reverse().Select(Facts));
        }

        var responses = await ReadAllAsync(next => records.QueryResponsesAsync(id, new() { PageSize = PageSize }, next));
        responses.Select(Facts).Should().Equal(session.Responses.Select(Facts));
        await CompareConversationsAsync(records, id, session);
        await CompareStepsAsync(records, id, session);
        foreach (var key in session.Responses.GroupBy(response => response.Key))
            Facts((await records.FindResponseAsync(id, key.Key!))!).Should().Be(Facts(key.MaxBy(response => response.Sequence)!));
    }

    private static async Task CompareConversationsAsync(IRecordStore records, string id, SessionModel session)
    {
        var conversations = await ReadAllAsync(next => records.QueryConversationsAsync(id, PageSize, next));
        conversations.ToDictionary(it => it.Name, it => it.Head).Should().BeEquivalentTo(session.Heads);
        (await records.CountMessagesAsync(id)).Should().Be(new ConversationTotals(session.Heads.Count, session.Messages.Count));
        foreach (var ((conversation, leaf), message) in session.Messages)
        {
            var query = new MessageQuery { Leaf = leaf, PageSize = 2 };
            var branch = await ReadAllAsync(next => records.QueryMessagesAsync(id, conversation, query, next));
            branch.Should().HaveCount(leaf.Depth);
            branch[^1].Should().BeEquivalentTo(message);
            branch.Skip(1).Select(it => it.Parent).Should().Equal(branch.SkipLast(1).Select(it => (MessageId?)it.Id));
        }
    }

    private static async Task CompareStepsAsync(IRecordStore records, string id, SessionModel session)
    {
        var steps = await ReadAllAsync(next => records.QueryStepsAsync(id, new() { PageSize = 1 }, next));
        steps.Select(Facts).Should().Equal(session.Steps.Values.Select(step => Facts(step, session)));
        foreach (var step in session.Steps.Values)
            Facts((await records.GetStepAsync(id, step.Key))!).Should().Be(Facts(step, session));
    }

    // Records hold lists and dictionaries, which are equal only when they are the same.
    private static object Facts(ArtifactRecord artifact) =>
        (
            (artifact.SessionId, artifact.Id, artifact.Name, artifact.Version, artifact.Sequence),
            (artifact.ContentType, artifact.Role, artifact.Digest, artifact.Size, artifact.CreatedAt),
            (artifact.TrashedAt, artifact.IsPinned)
        );

    private static object Facts(TrackedResponse response) =>
        (response.SessionId, response.Id, response.Key, response.Sequence, response.Outcome, response.StartedAt);

    private static object Facts(StepRecord step) =>
        (
            (step.Key, step.Name, step.Sequence, step.Status, step.Fence, step.LeaseExpiresAt is null),
            (step.Inputs.Single().Digest, step.ResultArtifact, step.ResultDigest is null, step.HasResult),
            string.Join(", ", step.Attempts.Select(attempt => (attempt.Number, attempt.Outcome)))
        );

    private static object Facts(StepModel step, SessionModel session) =>
        (
            (step.Key, step.Name, step.Sequence, step.Status, (long)step.Fence, step.Status is not StepStatus.Running),
            (
                step.Inputs.Single().Digest,
                step.Result,
                step.Result is null,
                session.Artifacts.Exists(artifact => artifact.Id == step.Result && artifact.TrashedAt is null)
            ),
            string.Join(", ", step.Outcomes.Select((outcome, i) => ((long)i + 1, outcome)))
        );

    private static async Task<byte[]> ReadAsync(IContentStore contents, ContentDigest digest)
    {
        await using var stream = (await contents.OpenReadAsync(digest))!;
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static async Task<List<T>> ReadAllAsync<T>(Func<string?, ValueTask<RecordPage<T>>> read)
    {
        var all = new List<T>();
        string? continuation = null;
        do
        {
            var page = await read(continuation);
            all.AddRange(page.Items);
            continuation = page.Continuation;
        } while (continuation is not null);
        return all;
    }
}
