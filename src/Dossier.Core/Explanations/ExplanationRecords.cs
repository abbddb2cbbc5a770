using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>Reads the nodes of explanations, each by its key, and finds what each depends on: by look-ups that do not depend on how much there is.</summary>
internal sealed class ExplanationRecords(IStorage storage, ExplainOptions options)
{
    private readonly ExplanationTexts _texts = new(storage, options.MaxTextLength);
    private readonly Dictionary<(string Session, ContentDigest Key), StepRecord?> _steps = [];

    // Values that their session does not keep, though another one of the store may.
    private readonly HashSet<ExplanationKey> _withheld = [];

    private IRecordStore Records => storage.Records;

    /// <summary>Reads a node; one that is not there any more has no record.</summary>
    public async ValueTask<ExplanationNode> ReadAsync(ExplanationKey key, CancellationToken cancellationToken)
    {
        switch (key.Kind)
        {
            case ExplanationKind.Artifact:
                return OfArtifact(key, await Records.GetArtifactAsync(key.SessionId, key.Name, cancellationToken).ConfigureAwait(false));
            case ExplanationKind.Step:
                var digest = ContentDigest.Parse(key.Name);
                return OfStep(key, digest, await FindStepAsync(key.SessionId, digest, cancellationToken).ConfigureAwait(false));
            case ExplanationKind.Response:
                var response = await Records.GetResponseAsync(key.SessionId, key.Name, cancellationToken).ConfigureAwait(false);
                return OfResponse(key, response) with
                {
                    Prompt = response is null ? [] : await _texts.ReadPromptAsync(response, cancellationToken).ConfigureAwait(false),
                };
            default:
                return await ReadValueAsync(key, cancellationToken).ConfigureAwait(false);
        }
    }

    public static ArtifactNode OfArtifact(ExplanationKey key, ArtifactRecord? record) =>
        new()
        {
            Id = key.ToString(),
            SessionId = key.SessionId,
            Reference = key.Name,
            Record = record,
        };

    public static ResponseNode OfResponse(ExplanationKey key, TrackedResponse? record) =>
        new()
        {
            Id = key.ToString(),
            SessionId = key.SessionId,
            ResponseId = key.Name,
            Record = record,
        };

    public StepNode OfStep(StepRecord record)
    {
        _steps[(record.SessionId, record.Key)] = record;
        return OfStep(ExplanationKey.Of(record), record.Key, record);
    }

    /// <summary>What a node depends on, and what the values depend on that it was given.</summary>
    public async ValueTask<List<KeyLink>> LinksOfAsync(ExplanationNode node, CancellationToken cancellationToken)
    {
        var links = new List<KeyLink>();
        switch (node)
        {
            case ArtifactNode { Record: { } artifact }:
                await AddAsync(links, artifact, cancellationToken).ConfigureAwait(false);
                break;
            case ResponseNode { Record: { } response }:
                await AddAsync(links, response, cancellationToken).ConfigureAwait(false);
                break;
            case StepNode { Record: { } step }:
                await AddAsync(links, step, cancellationToken).ConfigureAwait(false);
                break;
        }
        return links;
    }

    private static StepNode OfStep(ExplanationKey key, ContentDigest digest, StepRecord? record) =>
        new()
        {
            Id = key.ToString(),
            SessionId = key.SessionId,
            Key = digest,
            Record = record,
        };

    private async ValueTask AddAsync(List<KeyLink> links, ArtifactRecord artifact, CancellationToken cancellationToken)
    {
        var from = ExplanationKey.Of(artifact);
        if (artifact.ProducedBy is { } response)
            links.Add(new(from, new(ExplanationKind.Response, artifact.SessionId, response), ExplanationRelation.AnswerOf));
        if (artifact.StepKey is not { } key)
            return;
        var step = await FindStepAsync(artifact.SessionId, key, cancellationToken).ConfigureAwait(false);
        var isResult = string.Equals(step?.ResultArtifact, artifact.Id, StringComparison.Ordinal);
        links.Add(
            new(
                from,
                new(ExplanationKind.Step, artifact.SessionId, key.ToString()),
                isResult ? ExplanationRelation.ResultOf : ExplanationRelation.StoredIn
            )
        );
        // What an answer was put into, whole or in part, is not recorded: all that the step asked for may be in its result.
        if (!isResult || artifact.ProducedBy is not null)
            return;
        var kept = step!.Attempts.LastOrDefault(attempt => attempt.Outcome is StepOutcome.Kept)?.Number;
        var query = new ResponseQuery { StepKey = key };
        var pages = RecordPages.ReadAllAsync(next => Records.QueryResponsesAsync(artifact.SessionId, query, next, cancellationToken));
        await foreach (var made in pages.ConfigureAwait(false))
            if (made.StepAttempt == kept)
                links.Add(new(from, ExplanationKey.Of(made), ExplanationRelation.MadeWith));
        var nested = new StepQuery { ParentKey = key, Status = StepStatus.Kept };
        var inner = RecordPages.ReadAllAsync(next => Records.QueryStepsAsync(artifact.SessionId, nested, next, cancellationToken));
        await foreach (var result in inner.Select(it => it.ResultArtifact).OfType<string>().ConfigureAwait(false))
            links.Add(new(from, new(ExplanationKind.Artifact, artifact.SessionId, result), ExplanationRelation.MadeWith));
    }

    private async ValueTask AddAsync(List<KeyLink> links, TrackedResponse response, CancellationToken cancellationToken)
    {
        var from = ExplanationKey.Of(response);
        foreach (var artifact in response.InputArtifacts)
            links.Add(new(from, new(ExplanationKind.Artifact, response.SessionId, artifact), ExplanationRelation.Sent));
        if (response.StepKey is { } step)
            links.Add(new(from, new(ExplanationKind.Step, response.SessionId, step.ToString()), ExplanationRelation.MadeIn));
        foreach (var origin in response.Attempts.Select(attempt => attempt.ReplayedFrom).OfType<ReplayOrigin>())
            links.Add(new(from, new(ExplanationKind.Response, origin.SessionId, origin.ResponseId), ExplanationRelation.Replays));
        if (response.Conversation is not { ContinuedFrom: { } leaf } conversation)
            return;
        var query = new MessageQuery
        {
            Leaf = leaf,
            FromDepth = leaf.Depth,
            PageSize = 1,
        };
        var page = await Records
            .QueryMessagesAsync(response.SessionId, conversation.Name, query, null, cancellationToken)
            .ConfigureAwait(false);
        if (page.Items is [{ ResponseId: { } before }])
            links.Add(new(from, new(ExplanationKind.Response, response.SessionId, before), ExplanationRelation.Continues));
    }

    private async ValueTask AddAsync(List<KeyLink> links, StepRecord step, CancellationToken cancellationToken)
    {
        var from = ExplanationKey.Of(step);
        foreach (var input in step.Inputs)
        {
            if (input.ArtifactId is { } artifact)
            {
                links.Add(new(from, new(ExplanationKind.Artifact, step.SessionId, artifact), ExplanationRelation.Given));
                continue;
            }
            var value = new ExplanationKey(ExplanationKind.Value, step.SessionId, input.Digest.ToString());
            links.Add(new(from, value, ExplanationRelation.Given));
            if (!input.IsKept)
                _withheld.Add(value);
            if (await OriginOfAsync(value, input, cancellationToken).ConfigureAwait(false) is { } origin)
                links.Add(origin);
        }
        foreach (var read in step.Reads.Where(read => read.Version > 0))
        {
            var found = await Records.FindArtifactAsync(read.SessionId, read.Name, read.Version, cancellationToken).ConfigureAwait(false);
            var to = found is null
                ? new(ExplanationKind.Artifact, read.SessionId, $"{read.Name} v{read.Version}")
                : ExplanationKey.Of(found);
            links.Add(new(from, to, ExplanationRelation.Read));
        }
    }

    /// <summary>Where a value came from: the result of a step, or the answer of a response, word for word.</summary>
    private async ValueTask<KeyLink?> OriginOfAsync(ExplanationKey value, StepInputRecord input, CancellationToken cancellationToken)
    {
        if (input.StepKey is { } key)
            return await FindStepAsync(value.SessionId, key, cancellationToken).ConfigureAwait(false) is { ResultArtifact: { } result }
                ? new(value, new(ExplanationKind.Artifact, value.SessionId, result), ExplanationRelation.TakenFrom)
                : null;
        var entry = await Records.GetContentAsync(input.Digest, cancellationToken).ConfigureAwait(false);
        if (await _texts.ReadAsync(entry, cancellationToken).ConfigureAwait(false) is not { Span: [(byte)'"', ..] } json)
            return null;
        var text = JsonElement.Parse(json.Span).GetString()!;
        var query = new ResponseQuery
        {
            TextDigest = ContentDigest.Of(Encoding.UTF8.GetBytes(text)),
            Order = RecordOrder.NewestFirst,
            PageSize = 1,
        };
        var page = await Records.QueryResponsesAsync(value.SessionId, query, null, cancellationToken).ConfigureAwait(false);
        return page.Items is [var response] ? new(value, ExplanationKey.Of(response), ExplanationRelation.AnswerOf) : null;
    }

    private async ValueTask<ValueNode> ReadValueAsync(ExplanationKey key, CancellationToken cancellationToken)
    {
        var digest = ContentDigest.Parse(key.Name);
        var entry = await Records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false);
        var json =
            options.MaxTextLength == 0 || _withheld.Contains(key)
                ? null
                : await _texts.ReadAsync(entry, cancellationToken).ConfigureAwait(false);
        return new()
        {
            Id = key.ToString(),
            SessionId = key.SessionId,
            Digest = digest,
            Size = entry?.Size,
            Json = json is { } bytes ? _texts.Cut(Encoding.UTF8.GetString(bytes.Span)) : null,
        };
    }

    private async ValueTask<StepRecord?> FindStepAsync(string sessionId, ContentDigest key, CancellationToken cancellationToken)
    {
        if (!_steps.TryGetValue((sessionId, key), out var step))
        {
            step = await Records.GetStepAsync(sessionId, key, cancellationToken).ConfigureAwait(false);
            _steps.Add((sessionId, key), step);
        }
        return step;
    }
}
