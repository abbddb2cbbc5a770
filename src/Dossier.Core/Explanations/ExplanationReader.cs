using Dossier.Storage;

namespace Dossier;

/// <summary>Follows links from an artifact, near ones first.</summary>
internal sealed class ExplanationReader(IStorage storage, ExplainOptions options)
{
    private readonly ExplanationRecords _records = new(storage, options);
    private readonly List<ExplanationNode> _nodes = [];
    private readonly HashSet<KeyLink> _links = [];
    private readonly HashSet<ExplanationKey> _known = [];
    private readonly Queue<ExplanationKey> _next = new();
    private int _leftOut;

    /// <summary>What is behind an artifact. Costs look-ups for each node that it finds, however much else there is.</summary>
    public async Task<Explanation> ReadOriginAsync(SessionInfo session, ArtifactRecord artifact, CancellationToken cancellationToken)
    {
        Add(ExplanationKey.Of(artifact));
        while (_next.TryDequeue(out var key))
        {
            var node = await _records.ReadAsync(key, cancellationToken).ConfigureAwait(false);
            _nodes.Add(node);
            foreach (var link in await _records.LinksOfAsync(node, cancellationToken).ConfigureAwait(false))
                if (_known.Contains(link.From)) // unless it is a value that is left out
                    Follow(link, link.To);
        }
        return ToExplanation(session, ExplanationDirection.Origin);
    }

    /// <summary>What was made with an artifact. Reads the records of its whole session, since they name what they depend on and not what depends on them.</summary>
    public async Task<Explanation> ReadImpactAsync(SessionInfo session, ArtifactRecord artifact, CancellationToken cancellationToken)
    {
        var links = (await ReadLinksAsync(session.Id, cancellationToken).ConfigureAwait(false)).ToLookup(link => link.To);
        Add(ExplanationKey.Of(artifact));
        while (_next.TryDequeue(out var key))
        {
            _nodes.Add(await _records.ReadAsync(key, cancellationToken).ConfigureAwait(false));
            foreach (var link in links[key])
                Follow(link, link.From);
        }
        return ToExplanation(session, ExplanationDirection.Impact);
    }

    private async Task<HashSet<KeyLink>> ReadLinksAsync(string sessionId, CancellationToken cancellationToken)
    {
        var records = storage.Records;
        var links = new HashSet<KeyLink>();
        var steps = RecordPages.ReadAllAsync(next => records.QueryStepsAsync(sessionId, new(), next, cancellationToken));
        await foreach (var step in steps.ConfigureAwait(false))
            links.UnionWith(await _records.LinksOfAsync(_records.OfStep(step), cancellationToken).ConfigureAwait(false));
        var responses = RecordPages.ReadAllAsync(next => records.QueryResponsesAsync(sessionId, new(), next, cancellationToken));
        await foreach (var response in responses.ConfigureAwait(false))
        {
            var node = ExplanationRecords.OfResponse(ExplanationKey.Of(response), response);
            links.UnionWith(await _records.LinksOfAsync(node, cancellationToken).ConfigureAwait(false));
        }
        var all = new ArtifactQuery { Trash = TrashFilter.Include };
        var artifacts = RecordPages.ReadAllAsync(next => records.QueryArtifactsAsync(sessionId, all, next, cancellationToken));
        await foreach (var artifact in artifacts.ConfigureAwait(false))
        {
            var node = ExplanationRecords.OfArtifact(ExplanationKey.Of(artifact), artifact);
            links.UnionWith(await _records.LinksOfAsync(node, cancellationToken).ConfigureAwait(false));
        }
        return links;
    }

    private void Follow(KeyLink link, ExplanationKey to)
    {
        if (_links.Contains(link))
            return;
        if (!_known.Contains(to) && _known.Count >= options.MaxNodes)
        {
            _leftOut++;
            return;
        }
        _links.Add(link);
        Add(to);
    }

    private void Add(ExplanationKey key)
    {
        if (_known.Add(key))
            _next.Enqueue(key);
    }

    private Explanation ToExplanation(SessionInfo session, ExplanationDirection direction) =>
        new()
        {
            Direction = direction,
            Session = session,
            Nodes = _nodes,
            Links = [.. _links.Select(link => link.ToLink())],
            LeftOut = _leftOut,
        };
}
