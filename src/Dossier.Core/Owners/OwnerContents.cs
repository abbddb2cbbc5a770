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

    private readonly ConditionalWeakTable<ContentEntry, OwnerContents> _given = [];

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

    /// <summary>
    /// Notes that the owner has brought the bytes for which a content store has made this entry. The object is what is known, so that a commit
    /// can name it however much came after it.
    /// </summary>
    public void AddGiven(ContentEntry content)
    {
        Add(new NamedContent(content.Digest));
        _given.AddOrUpdate(content, this);
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

    /// <summary>Whether it is remembered as the owner's.</summary>
    public bool IsNoted(ContentDigest digest)
    {
        lock (_gate)
            return Find(digest) is not null;
    }

    public async ValueTask<bool> HasAsync(ContentDigest digest, CancellationToken cancellationToken) =>
        IsNoted(digest) || await FindForeignAsync([digest], cancellationToken).ConfigureAwait(false) is null;

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
        var brought = new Dictionary<ContentDigest, ContentEntry>();
        foreach (var content in commit.Contents.Where(IsBrought))
            if (content.Inline is not null || !brought.ContainsKey(content.Digest))
                brought[content.Digest] = content;
        var named = new HashSet<ContentDigest>();
        foreach (var content in Names(commit))
        {
            named.Add(content.Digest);
            // What messages that are the owner's already refer to is the owner's as well.
            if (!content.IsMessages || IsMessages(content.Digest))
                continue;
            named.UnionWith(
                brought.TryGetValue(content.Digest, out var entry) && entry.Inline is { } bytes
                    ? ReferencesIn(bytes.Span)
                    : await ReferencesAsync(content.Digest, cancellationToken).ConfigureAwait(false)
            );
        }
        named.ExceptWith(brought.Keys);
        named.RemoveWhere(IsNoted);
        if (await FindForeignAsync(named, cancellationToken).ConfigureAwait(false) is { } foreign)
            throw CommitGuards.ContentNotOwned(commit, foreign);
    }

    /// <summary>Notes what a commit has brought and named.</summary>
    public void Add(SessionCommit commit)
    {
        foreach (var content in commit.Contents.Where(IsBrought))
            Add(new NamedContent(content.Digest));
        Add(Names(commit));
    }

    private static IEnumerable<NamedContent> Names(SessionCommit commit) =>
        commit
            .Artifacts.Select(artifact => new NamedContent(artifact.Digest))
            .Concat(commit.Responses.SelectMany(ContentNames.Of))
            .Concat(commit.Conversations.SelectMany(change => change.Messages).SelectMany(ContentNames.Of))
            .Concat(commit.Steps.OfType<StepBegin>().SelectMany(change => ContentNames.Of(change.Step)))
            .Concat(ResultsOf(commit.Steps.OfType<StepEnd>().Select(change => change.ResultDigest)))
            .Concat(commit.Copied is { } copy ? ContentNames.Of(copy) : [])
            .Concat(ResultsOf(commit.Copied?.Steps.Select(step => step.ResultDigest) ?? []));

    /// <summary>A step's result keeps no content, since its artifact does, and is read by its digest all the same.</summary>
    private static IEnumerable<NamedContent> ResultsOf(IEnumerable<ContentDigest?> results) =>
        results.OfType<ContentDigest>().Select(result => new NamedContent(result));

    /// <summary>One of these that no record of the owner names; null when all are named.</summary>
    private async ValueTask<ContentDigest?> FindForeignAsync(HashSet<ContentDigest> digests, CancellationToken cancellationToken)
    {
        if (digests.Count == 0)
            return null;
        // All at once, because it reads all of the owner's records.
        await foreach (var named in ListAsync(cancellationToken).ConfigureAwait(false))
            if (digests.Remove(named) && digests.Count == 0)
                return null;
        return digests.First();
    }

    private bool IsBrought(ContentEntry content) => content.Inline is not null || _given.TryGetValue(content, out _);

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
