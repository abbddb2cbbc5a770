using CsCheck;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>
/// Generated sequences of operations, whose every outcome and whole end state has to be the model's. What fails is made smaller
/// until nothing can be left out; its message has the seed.
/// </summary>
public abstract class GeneratedConformance<TFixture>
    where TFixture : IStorageFixture, new()
{
    private const int Sequences = 60;
    private const int ConcurrentSequences = 40;
    private static readonly DateTimeOffset Later = DateTimeOffset.UnixEpoch.AddYears(100);
    private static readonly PurgeOptions Everything = new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };

    [Fact]
    public Task AnySequence_DoesWhatTheModelDoes() => Step.Sequences.SampleAsync(RunAsync, iter: Sequences);

    [Fact]
    public Task AnySequenceOfAttempts_DoesWhatTheModelDoes() => Step.AttemptSequences.SampleAsync(RunAsync, iter: Sequences);

    [Fact]
    public Task ConcurrentSequences_HaveTheOutcomeOfOneOrder() =>
        Step.ConcurrentSequences.SampleAsync(RunConcurrentlyAsync, iter: ConcurrentSequences);

    private static async Task RunAsync(Step[] steps)
    {
        await using var fixture = new TFixture();
        var storage = await fixture.OpenAsync();
        try
        {
            var model = new StorageModel();
            var commits = new List<SessionCommit>();
            for (var i = 0; i < steps.Length; i++)
            {
                if (steps[i].Kind is StepKind.Reopen)
                {
                    if (fixture.Persists)
                    {
                        await storage.DisposeAsync();
                        storage = await fixture.OpenAsync();
                    }
                    continue;
                }
                if (steps[i].Kind is StepKind.Purge)
                {
                    var report = await storage.Maintenance.PurgeAsync(Everything, Later);
                    report.Should().Be(model.Purge());
                    continue;
                }
                var isRepeat = steps[i].Kind is StepKind.Repeat && commits.Count > 0;
                var commit = isRepeat ? commits[steps[i].Value % commits.Count] : await steps[i].ToCommitAsync(i, storage.Contents);
                commits.Add(commit);
                if (!isRepeat)
                    model.Write(commit);

                var outcome = await OutcomeAsync(() => storage.Records.CommitAsync(commit).AsTask());

                outcome.Should().Be(await OutcomeAsync(() => Task.FromResult(model.Apply(commit))));
            }
            await StorageComparison.CompareAsync(storage, model);
        }
        finally
        {
            await storage.DisposeAsync();
        }
    }

    /// <summary>
    /// What the store allocated says in which order it took the commits of a session; taken in that order by the model, each has the same result.
    /// What is stored is committed twice at once, as by a caller who does not know whether the first one came through. A purge has no place in that
    /// order: what it has taken shows by what is not found any more, and at the end everything in the trash is gone.
    /// </summary>
    private static async Task RunConcurrentlyAsync(Step[][] writers)
    {
        await using var fixture = new TFixture();
        await using var storage = await fixture.OpenAsync();
        var model = new StorageModel();
        for (var session = 0; session < 3; session++)
        {
            var creation = await new Step(StepKind.Create, session, 0, 0).ToCommitAsync(session, storage.Contents);
            (await storage.Records.CommitAsync(creation)).Should().BeEquivalentTo(model.Apply(creation));
        }

        var written = await Task.WhenAll(writers.Select((steps, writer) => Task.Run(() => WriteAsync(storage, steps, writer))));

        foreach (var session in written.SelectMany(it => it).GroupBy(it => it.Commit.SessionId))
        {
            foreach (var (commit, result) in session.OrderBy(it => FirstSequence(it.Result)))
            {
                model.Write(commit);
                result.Should().BeEquivalentTo(model.Apply(commit), "{0} was taken at its place", commit);
            }
        }
        await storage.Maintenance.PurgeAsync(Everything, Later);
        model.Purge();
        await StorageComparison.CompareSessionsAsync(storage, model);
    }

    private static async Task<List<(SessionCommit Commit, CommitResult Result)>> WriteAsync(IStorage storage, Step[] steps, int writer)
    {
        var written = new List<(SessionCommit Commit, CommitResult Result)>();
        for (var i = 0; i < steps.Length; i++)
        {
            var (step, number) = (steps[i], (writer + 1) * 1000 + i);
            var mine = written.SelectMany(it => it.Commit.Artifacts).ToList();
            if (step.Kind is StepKind.Purge)
                await PurgeAsync(storage);
            else if (step.Kind is not (StepKind.Trash or StepKind.Restore))
                written.Add(await StoreAsync(storage, step, number));
            else if (mine.Count > 0)
                written.AddRange(await ChangeAsync(storage, step.ToChange(number, mine[step.Value % mine.Count]), written));
        }
        return written;
    }

    /// <summary>Between content being written and the commit that names it, a purge may have taken it: then it is written again.</summary>
    private static async Task<(SessionCommit, CommitResult)> StoreAsync(IStorage storage, Step step, int number)
    {
        while (true)
        {
            var commit = await step.ToCommitAsync(number, storage.Contents);
            var results = await Task.WhenAll(TryAsync(), TryAsync());
            if (results is [{ } first, { } second])
                first.Should().BeEquivalentTo(second);
            if ((results[0] ?? results[1]) is { } result)
                return (commit, result);

            async Task<CommitResult?> TryAsync()
            {
                try
                {
                    return await storage.Records.CommitAsync(commit);
                }
                catch (ConflictException exception) when (exception.Guard == "content.exists")
                {
                    return null;
                }
            }
        }
    }

    /// <summary>Nothing when a purge has taken the artifact, which the writer has to have trashed before.</summary>
    private static async Task<List<(SessionCommit, CommitResult)>> ChangeAsync(
        IStorage storage,
        SessionCommit commit,
        List<(SessionCommit Commit, CommitResult Result)> written
    )
    {
        try
        {
            return [(commit, await storage.Records.CommitAsync(commit))];
        }
        catch (NotFoundException)
        {
            var last = written
                .SelectMany(it => it.Commit.ArtifactChanges)
                .Last(it => it.ArtifactId == commit.ArtifactChanges[0].ArtifactId);
            last.Kind.Should().Be(ArtifactChangeKind.Trash, "nothing else is purged");
            return [];
        }
    }

    private static async Task PurgeAsync(IStorage storage)
    {
        try
        {
            await storage.Maintenance.PurgeAsync(Everything, Later);
        }
        catch (StorageException exception) when (exception.IsTransient)
        {
            // Another writer purges already.
        }
    }

    private static long FirstSequence(CommitResult result) => result.ArtifactSequences.Concat(result.ResponseSequences).Min();

    /// <summary>The result, or what kind of error it was instead, in words.</summary>
    private static async Task<string> OutcomeAsync(Func<Task<CommitResult>> commit)
    {
        try
        {
            var result = await commit();
            var artifacts = result.ArtifactVersions.Zip(result.ArtifactSequences);
            return $"revision {result.Revision}, artifacts {string.Join(", ", artifacts)}, responses {string.Join(", ", result.ResponseSequences)}, {string.Join(", ", result.Conversations)}";
        }
        catch (ConflictException exception) when (exception.Guard == "step.lease")
        {
            return "conflict of step.lease"; // until when is the store's own matter
        }
        catch (ConflictException exception)
        {
            return $"conflict of {exception.Guard}, which is {exception.Actual}";
        }
        catch (NotFoundException)
        {
            return "not found";
        }
    }
}
