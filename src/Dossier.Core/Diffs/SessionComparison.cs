using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>Compares two sessions by their records, and reads the texts of those that are not the same, one pair at a time.</summary>
internal sealed class SessionComparison(StoreServices services)
{
    private const int PageSize = 1000;

    private readonly DiffTexts _texts = new(services.Storage);

    private IRecordStore Records => services.Storage.Records;

    public async Task<SessionDiff> CompareAsync(string left, string right, CancellationToken cancellationToken)
    {
        var (first, second) = (
            await GetAsync(left, cancellationToken).ConfigureAwait(false),
            await GetAsync(right, cancellationToken).ConfigureAwait(false)
        );
        var steps = new StepPairs(
            await StepsOfAsync(left, cancellationToken).ConfigureAwait(false),
            await StepsOfAsync(right, cancellationToken).ConfigureAwait(false)
        );
        var (before, after) = (
            await ResponsesOfAsync(left, cancellationToken).ConfigureAwait(false),
            await ResponsesOfAsync(right, cancellationToken).ConfigureAwait(false)
        );
        var identities = await IdentitiesOfAsync(left, before, right, after, cancellationToken).ConfigureAwait(false);
        var pairs = new ResponsePairs(before, after, steps.NumberOf).Match(response =>
            identities.GetValueOrDefault((response.SessionId, response.Id))
        );
        var responses = new List<ResponseDiff>();
        foreach (var pair in pairs.Where(pair => !pair.IsShared))
            responses.Add(await CompareAsync(pair, steps, cancellationToken).ConfigureAwait(false));
        var stepDiffs = new List<StepDiff>();
        foreach (var (one, other) in steps.All)
            stepDiffs.Add(await CompareAsync(one, other, left, right, cancellationToken).ConfigureAwait(false));
        var (artifacts, same) = await CompareArtifactsAsync(left, right, cancellationToken).ConfigureAwait(false);
        return new()
        {
            Left = first,
            Right = second,
            Steps = stepDiffs,
            Responses = responses,
            SharedResponses = pairs.Count(pair => pair.IsShared),
            Artifacts = artifacts,
            SameArtifacts = same,
            LeftTotals = TotalsOf(before),
            RightTotals = TotalsOf(after),
        };
    }

    private async Task<SessionInfo> GetAsync(string id, CancellationToken cancellationToken)
    {
        Identifiers.CheckSessionId(id, nameof(id));
        return await Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false) is { TrashedAt: null } session
            ? session
            : throw await services
                .Storage.NoSessionAsync(
                    id,
                    $"There is no session '{id}' in {services.Storage.Location} to compare, or it is in the trash; list what there is with SessionStore.ListSessionsAsync.",
                    cancellationToken
                )
                .ConfigureAwait(false);
    }

    private ValueTask<List<StepRecord>> StepsOfAsync(string id, CancellationToken cancellationToken) =>
        RecordPages
            .ReadAllAsync(next => Records.QueryStepsAsync(id, new() { PageSize = PageSize }, next, cancellationToken))
            .ToListAsync(cancellationToken);

    private ValueTask<List<TrackedResponse>> ResponsesOfAsync(string id, CancellationToken cancellationToken) =>
        RecordPages
            .ReadAllAsync(next => Records.QueryResponsesAsync(id, new() { PageSize = PageSize }, next, cancellationToken))
            .ToListAsync(cancellationToken);

    /// <summary>
    /// What the requests are, as a replay knows them; nothing for sessions that are one up to here, and for those of which the texts are not kept: then
    /// their places say which belong together.
    /// </summary>
    private async Task<Dictionary<(string Session, string Response), string>> IdentitiesOfAsync(
        string left,
        List<TrackedResponse> before,
        string right,
        List<TrackedResponse> after,
        CancellationToken cancellationToken
    )
    {
        var identities = new Dictionary<(string, string), string>();
        var known = before.Select(ResponsePairs.OriginOf).ToHashSet();
        if (after.All(response => known.Contains(ResponsePairs.OriginOf(response))))
            return identities;
        foreach (var id in new[] { left, right })
        {
            try
            {
                await foreach (var call in new RecordedCalls(services.Storage, id).ReadAsync(cancellationToken).ConfigureAwait(false))
                    if (call.IsWhole)
                        identities[(id, call.Response.Id)] = call.Identity.ToString();
            }
            catch (ReplaySourceException)
            {
                identities.Clear();
                return identities;
            }
        }
        return identities;
    }

    private async Task<ResponseDiff> CompareAsync(ResponsePair pair, StepPairs steps, CancellationToken cancellationToken)
    {
        var (left, right, _) = pair;
        var step = steps.NameOf((right ?? left)!.StepKey);
        if (left is null || right is null)
            return new()
            {
                Kind = left is null ? DiffKind.Added : DiffKind.Removed,
                Left = left,
                Right = right,
                Step = step,
            };
        var diff = new ResponseDiff
        {
            Kind = DiffKind.Same,
            Left = left,
            Right = right,
            Step = step,
            ModelChanged =
                (left.Provider, left.RequestedModel, left.ServedModel) != (right.Provider, right.RequestedModel, right.ServedModel),
            OutcomeChanged = left.Outcome != right.Outcome,
            Prompt = await _texts
                .CompareMessagesAsync(left, right, static it => it.RequestMessages, cancellationToken)
                .ConfigureAwait(false),
            Options = await _texts.CompareOptionsAsync(left, right, cancellationToken).ConfigureAwait(false),
            Output = await _texts
                .CompareMessagesAsync(left, right, static it => it.ResponseMessages, cancellationToken)
                .ConfigureAwait(false),
        };
        return diff is { ModelChanged: false, OutcomeChanged: false, Prompt: null, Options: null, Output: null }
            ? diff
            : diff with
            {
                Kind = DiffKind.Changed,
            };
    }

    private async Task<StepDiff> CompareAsync(
        StepRecord? left,
        StepRecord? right,
        string leftSession,
        string rightSession,
        CancellationToken cancellationToken
    )
    {
        if (left is null || right is null)
            return new()
            {
                Kind = left is null ? DiffKind.Added : DiffKind.Removed,
                Left = left,
                Right = right,
            };
        var inputs = left.Key != right.Key;
        var result = left.Status != right.Status || left.ResultDigest != right.ResultDigest;
        return new()
        {
            Kind = inputs || result ? DiffKind.Changed : DiffKind.Same,
            Left = left,
            Right = right,
            InputsChanged = inputs,
            ResultChanged = result,
            IsReused = left.ResultArtifact is { } kept && kept == right.ResultArtifact,
            Result = result
                ? await CompareResultsAsync(left, right, leftSession, rightSession, cancellationToken).ConfigureAwait(false)
                : null,
        };
    }

    private async Task<TextDiff?> CompareResultsAsync(
        StepRecord left,
        StepRecord right,
        string leftSession,
        string rightSession,
        CancellationToken cancellationToken
    )
    {
        if (left.ResultArtifact is not { } one || right.ResultArtifact is not { } other)
            return null;
        var before = await Records.GetArtifactAsync(leftSession, one, cancellationToken).ConfigureAwait(false);
        var after = await Records.GetArtifactAsync(rightSession, other, cancellationToken).ConfigureAwait(false);
        return before is null || after is null ? null : await _texts.CompareAsync(before, after, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(IReadOnlyList<ArtifactDiff> Different, int Same)> CompareArtifactsAsync(
        string left,
        string right,
        CancellationToken cancellationToken
    )
    {
        var all = new SortedDictionary<(string Name, int Version), (ArtifactRecord? Left, ArtifactRecord? Right)>(
            Comparer<(string Name, int Version)>.Create(
                static (one, other) =>
                    string.CompareOrdinal(one.Name, other.Name) is not 0 and var order ? order : one.Version.CompareTo(other.Version)
            )
        );
        await foreach (var artifact in ArtifactsOf(left).ConfigureAwait(false))
            all[(artifact.Name, artifact.Version)] = (artifact, null);
        await foreach (var artifact in ArtifactsOf(right).ConfigureAwait(false))
            all[(artifact.Name, artifact.Version)] = (all.GetValueOrDefault((artifact.Name, artifact.Version)).Left, artifact);
        var different = new List<ArtifactDiff>();
        foreach (var (before, after) in all.Values)
            if (await CompareAsync(before, after, cancellationToken).ConfigureAwait(false) is { } diff)
                different.Add(diff);
        return (different, all.Count - different.Count);

        IAsyncEnumerable<ArtifactRecord> ArtifactsOf(string id) =>
            RecordPages.ReadAllAsync(next => Records.QueryArtifactsAsync(id, new() { PageSize = PageSize }, next, cancellationToken));
    }

    private async Task<ArtifactDiff?> CompareAsync(ArtifactRecord? left, ArtifactRecord? right, CancellationToken cancellationToken)
    {
        if (left is null || right is null)
            return new()
            {
                Kind = left is null ? DiffKind.Added : DiffKind.Removed,
                Left = left,
                Right = right,
            };
        string[] metadata =
        [
            .. left
                .Metadata.Keys.Union(right.Metadata.Keys)
                .Where(name =>
                    !left.Metadata.TryGetValue(name, out var before)
                    || !right.Metadata.TryGetValue(name, out var after)
                    || !JsonElement.DeepEquals(before, after)
                )
                .Order(StringComparer.Ordinal),
        ];
        return left.Digest == right.Digest && left.ContentType == right.ContentType && left.Role == right.Role && metadata.Length == 0
            ? null
            : new()
            {
                Kind = DiffKind.Changed,
                Left = left,
                Right = right,
                Metadata = metadata,
                Content = await _texts.CompareAsync(left, right, cancellationToken).ConfigureAwait(false),
            };
    }

    private static DiffTotals TotalsOf(List<TrackedResponse> responses)
    {
        var tally = new AttemptTally();
        foreach (var attempt in responses.SelectMany(ResponseTotals.AttemptsOf))
            tally.Add(attempt, isOfModel: attempt.Provider.Length > 0);
        return new(
            responses.Count,
            responses.Count(response => response.InheritedFrom is not null),
            tally.OfAttempts(),
            responses.Aggregate(TimeSpan.Zero, (sum, response) => sum + (response.Duration ?? TimeSpan.Zero))
        );
    }
}
