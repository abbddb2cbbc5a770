using System.Runtime.CompilerServices;

namespace Dossier.Storage;

/// <summary>
/// Which content is an owner's: what the owner has brought, and what the owner's records name. Content is addressed by its digest and shared
/// by all who have the same bytes, so that whoever knows or guesses a digest must not get the bytes for it. What was seen lately is
/// remembered; what was not is looked for in the owner's records. Safe to use from several threads.
/// </summary>
/// <param name="storage">The whole storage.</param>
/// <param name="view">What the owner sees of it.</param>
internal sealed class OwnerContents(IStorage storage, IStorage view)
{
    private const int MostRecent = 65_536;

    private readonly Lock _gate = new();

    // Whether it is messages, which may name further content. The older of the two is forgotten when the newer is full.
    private Dictionary<ContentDigest, bool> _recent = [];
    private Dictionary<ContentDigest, bool> _older = [];

    /// <summary>Notes content that the owner has brought or that a record of the owner names.</summary>
    public void Add(NamedContent content)
    {
        lock (_gate)
        {
            var isMessages = content.IsMessages || (Find(content.Digest) ?? false);
            if (_recent.Count >= MostRecent && !_recent.ContainsKey(content.Digest))
                (_older, _recent) = (_recent, []);
            _recent[content.Digest] = isMessages;
        }
    }

    public void Add(IEnumerable<NamedContent> contents)
    {
        foreach (var content in contents)
            Add(content);
    }

    /// <summary>Notes what messages that the owner reads name. What other content says is only text.</summary>
    public void AddReferences(ContentDigest digest, ReadOnlySpan<byte> bytes)
    {
        if (!IsMessages(digest) || !DataReference.MayBeIn(bytes))
            return;
        var references = new List<ContentDigest>();
        ContentNames.AddReferences(bytes, references);
        references.ForEach(reference => Add(new NamedContent(reference)));
    }

    public bool IsMessages(ContentDigest digest)
    {
        lock (_gate)
            return Find(digest) ?? false;
    }

    public async ValueTask<bool> HasAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        lock (_gate)
            if (Find(digest) is not null)
                return true;
        await foreach (var named in ListAsync(cancellationToken).ConfigureAwait(false))
            if (named == digest)
                return true;
        return false;
    }

    /// <summary>All that the owner's records name, some of it more than once.</summary>
    public async IAsyncEnumerable<ContentDigest> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var source = new VerifySource(view);
        var read = new HashSet<ContentDigest>();
        await foreach (var record in source.ReadRecordsAsync(null, new(), cancellationToken).ConfigureAwait(false))
        foreach (var content in record.Contents)
        {
            Add(content);
            yield return content.Digest;
            if (content.IsMessages && read.Add(content.Digest))
                foreach (var reference in await ReferencesAsync(content.Digest, cancellationToken).ConfigureAwait(false))
                    yield return reference;
        }
    }

    /// <summary>
    /// Refuses a commit that names content which it does not bring and which is not the owner's: who may name what they do not have can
    /// read it afterwards.
    /// </summary>
    /// <exception cref="ConflictException">It does (guard <c>content.owner</c>).</exception>
    public async ValueTask CheckAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        var brought = commit.Contents.Where(content => content.Inline is not null).ToDictionary(content => content.Digest);
        foreach (var content in Names(commit))
        {
            if (!brought.ContainsKey(content.Digest))
                await CheckAsync(commit, content.Digest, cancellationToken).ConfigureAwait(false);
            if (!content.IsMessages)
                continue;
            var references = brought.TryGetValue(content.Digest, out var entry)
                ? ReferencesIn(entry.Inline!.Value.Span)
                : await ReferencesAsync(content.Digest, cancellationToken).ConfigureAwait(false);
            foreach (var reference in references.Where(reference => !brought.ContainsKey(reference)))
                await CheckAsync(commit, reference, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Notes what a commit has brought and named.</summary>
    public void Add(SessionCommit commit)
    {
        foreach (var content in commit.Contents.Where(content => content.Inline is not null))
            Add(new NamedContent(content.Digest));
        Add(Names(commit));
    }

    private static IEnumerable<NamedContent> Names(SessionCommit commit) =>
        commit
            .Artifacts.Select(artifact => new NamedContent(artifact.Digest))
            .Concat(commit.Responses.SelectMany(ContentNames.Of))
            .Concat(commit.Conversations.SelectMany(change => change.Messages).SelectMany(ContentNames.Of))
            .Concat(commit.Steps.OfType<StepBegin>().SelectMany(change => ContentNames.Of(change.Step)));

    private async ValueTask CheckAsync(SessionCommit commit, ContentDigest digest, CancellationToken cancellationToken)
    {
        if (!await HasAsync(digest, cancellationToken).ConfigureAwait(false))
            throw CommitGuards.ContentNotOwned(commit, digest);
    }

    private async ValueTask<IReadOnlyList<ContentDigest>> ReferencesAsync(ContentDigest messages, CancellationToken cancellationToken)
    {
        try
        {
            return ReferencesIn((await storage.ReadAsync(messages, cancellationToken).ConfigureAwait(false)).Span);
        }
        catch (DossierException)
        {
            return []; // what cannot be read names nothing that could be read through it
        }
    }

    private static List<ContentDigest> ReferencesIn(ReadOnlySpan<byte> messages)
    {
        var references = new List<ContentDigest>();
        ContentNames.AddReferences(messages, references);
        return references;
    }

    private bool? Find(ContentDigest digest) =>
        _recent.TryGetValue(digest, out var isMessages) || _older.TryGetValue(digest, out isMessages) ? isMessages : null;
}
