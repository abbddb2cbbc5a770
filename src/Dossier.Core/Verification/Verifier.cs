using System.Globalization;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// One verification: from every record to the contents that it names, then the contents that none names, then what only the storage
/// itself can look at. It runs beside writers: a commit puts content and record in place at once, so that whatever a record names has to
/// be there, and what looks wrong is looked at again before it is reported, since it may have been replaced or purged meanwhile.
/// </summary>
internal sealed class Verifier
{
    private const long Bad = -1;
    private const int ObjectsPerReport = 256;
    private const long BytesPerReport = 8 * 1024 * 1024;

    private readonly VerifySource _source;
    private readonly VerifyOptions _options;
    private readonly IProgress<VerifyProgress>? _progress;
    private readonly ContentCheck _check;
    private readonly VerifyFindings _findings = new();

    // By the first half of a digest, which is as unique as a GUID: some 30 bytes for each content is all that grows with the store.
    private readonly Dictionary<UInt128, long> _sizes = [];
    private readonly Dictionary<ContentDigest, VerifyProblem> _bad = [];
    private readonly HashSet<UInt128> _messages = [];
    private readonly Dictionary<UInt128, ContentDigest[]> _data = [];
    private (long Objects, long Bytes)? _total;
    private (long Objects, long Bytes) _reported;

    public Verifier(VerifySource source, VerifyOptions options, IProgress<VerifyProgress>? progress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.GracePeriod, TimeSpan.Zero, nameof(options));
        (_source, _options, _progress) = (source, options, progress);
        _check = new(source, Hashed);
    }

    public static NotFoundException NoSession(string id, IStorage storage) =>
        new($"There is no session '{id}' in {storage.Location} that could be verified.");

    public async Task<VerifyReport> RunAsync(CancellationToken cancellationToken)
    {
        using var source = _source;
        if (
            _options.SessionId is { } id
            && await _source.Storage.Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false) is null
        )
        {
            _findings.Add(
                await _source.Storage.Records.GetErasureAsync(id, cancellationToken).ConfigureAwait(false)
                    ?? throw NoSession(id, _source.Storage)
            );
            if (_options.ChainHeads.TryGetValue(id, out var noted))
                _findings.AddGone(id, noted);
            return _findings.ToReport();
        }
        _total = await _source.BeginAsync(_options.SessionId, cancellationToken).ConfigureAwait(false);
        Report();
        await foreach (var record in _source.ReadRecordsAsync(_options.SessionId, _findings, cancellationToken).ConfigureAwait(false))
        foreach (var content in record.Contents)
            await ReferAsync(record, content, cancellationToken).ConfigureAwait(false);
        if (_options.SessionId is null)
        {
            await foreach (var digest in _source.ReadContentsAsync(_findings, cancellationToken).ConfigureAwait(false))
                if (!_sizes.ContainsKey(Key(digest)))
                    await CheckUnreferencedAsync(digest, cancellationToken).ConfigureAwait(false);
        }
        if (_options.SessionId is null)
        {
            const int PageSize = 1000;
            var records = _source.Storage.Records;
            var erasures = RecordPages.ReadAllAsync(next => records.QueryErasuresAsync(PageSize, next, cancellationToken));
            await foreach (var erasure in erasures.ConfigureAwait(false))
                _findings.Add(erasure);
        }
        await _source.CheckRestAsync(_options, _findings, cancellationToken).ConfigureAwait(false);
        Report();
        return _findings.ToReport();
    }

    private async ValueTask ReferAsync(NamingRecord record, NamedContent content, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var size = await CheckAsync(content.Digest, cancellationToken).ConfigureAwait(false);
        if (size == Bad)
        {
            if (await IsStillThereAsync(record, cancellationToken).ConfigureAwait(false))
                _findings.Add(_bad[content.Digest], record.Record);
        }
        else if (content.Size is { } recorded && recorded != size)
            _findings.Add(
                new()
                {
                    Kind = VerifyProblemKind.Inconsistent,
                    ExpectedSize = recorded,
                    FoundSize = size,
                    Description = string.Create(
                        CultureInfo.InvariantCulture,
                        $"The record says that {content.Digest} has {recorded:N0} bytes; it has {size:N0}."
                    ),
                    Remedy = "The content can be trusted, the record cannot: restore the store from a backup.",
                },
                record.Record
            );
        if (content.IsMessages && size != Bad)
            foreach (var data in await DataOfAsync(content.Digest, record, cancellationToken).ConfigureAwait(false))
                await ReferAsync(record, new(data), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The size of content, or <see cref="Bad"/>. Each is hashed once.</summary>
    private async ValueTask<long> CheckAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        if (_sizes.TryGetValue(Key(digest), out var known))
            return known;
        var bytes = _findings.Bytes;
        var (size, problem) = await _check.LookAsync(digest, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
        {
            _findings.Bytes = bytes; // what is looked at again counts once
            (size, problem) = await _check.LookAsync(digest, cancellationToken).ConfigureAwait(false);
        }
        if (
            problem is { Kind: VerifyProblemKind.Damaged }
            && _options.Quarantine
            && await _source.QuarantineAsync(digest, cancellationToken).ConfigureAwait(false)
        )
            problem = problem with { WasQuarantined = true, Remedy = _check.Remedy(digest) };
        if (problem is not null)
        {
            _bad.Add(digest, problem);
            size = Bad;
        }
        _sizes.Add(Key(digest), size);
        _findings.Contents++;
        if (_findings.Contents - _reported.Objects >= ObjectsPerReport)
            Report();
        return size;
    }

    private async ValueTask CheckUnreferencedAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var size = await CheckAsync(digest, cancellationToken).ConfigureAwait(false);
        if (size == Bad && _bad[digest] is { Kind: not VerifyProblemKind.Missing } problem) // one that is missing was purged meanwhile
            _findings.Add(problem);
        if (size == Bad)
            return;
        _findings.Unreferenced++;
        _findings.UnreferencedBytes += size;
    }

    /// <summary>A record can have been purged since it was read, with its content.</summary>
    private async ValueTask<bool> IsStillThereAsync(NamingRecord naming, CancellationToken cancellationToken)
    {
        if (naming.IsOfUnreadableSession)
            return true;
        var (record, records) = (naming.Record, _source.Storage.Records);
        try
        {
            if (record.IsStep(out var key))
                return await records.GetStepAsync(record.SessionId, key, cancellationToken).ConfigureAwait(false) is not null;
            if (record.IsMessage(out var id))
            {
                var query = new MessageQuery { Leaf = id, FromDepth = id.Depth };
                var page = await records
                    .QueryMessagesAsync(record.SessionId, record.Name!, query, null, cancellationToken)
                    .ConfigureAwait(false);
                return page.Items.Count > 0;
            }
            return record.Version is null
                ? await records.GetResponseAsync(record.SessionId, record.Id, cancellationToken).ConfigureAwait(false) is not null
                : await records.GetArtifactAsync(record.SessionId, record.Id, cancellationToken).ConfigureAwait(false) is not null;
        }
        catch (StorageException)
        {
            return true; // it was read a moment ago, and what cannot be told does not make it whole
        }
    }

    /// <summary>The images and files that messages name. Each is read once; few have any.</summary>
    private async ValueTask<ContentDigest[]> DataOfAsync(ContentDigest digest, NamingRecord record, CancellationToken cancellationToken)
    {
        if (!_messages.Add(Key(digest)))
            return _data.GetValueOrDefault(Key(digest)) ?? [];
        try
        {
            var json = await _source.Storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false);
            ContentDigest[] data = [.. MessageEncoder.ReferencesIn(json)];
            if (data.Length > 0)
                _data.Add(Key(digest), data);
            return data;
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not OutOfMemoryException)
        {
            var problem = new VerifyProblem
            {
                Kind = VerifyProblemKind.Unreadable,
                Digest = digest,
                Description = $"It is whole, but what it says cannot be read as messages: {exception.Message}",
                Remedy = "Read it with the version of Dossier that wrote it.",
            };
            if (await IsStillThereAsync(record, cancellationToken).ConfigureAwait(false))
                _findings.Add(problem, record.Record);
            return [];
        }
    }

    private void Hashed(int bytes)
    {
        _findings.Bytes += bytes;
        if (_findings.Bytes - _reported.Bytes >= BytesPerReport)
            Report();
    }

    private void Report()
    {
        _reported = (_findings.Contents, _findings.Bytes);
        _progress?.Report(
            new(
                _reported.Objects,
                _total is { } objects ? Math.Max(objects.Objects, _reported.Objects) : null,
                _reported.Bytes,
                _total is { } bytes ? Math.Max(bytes.Bytes, _reported.Bytes) : null
            )
        );
    }

    private static UInt128 Key(ContentDigest digest)
    {
        Span<byte> bytes = stackalloc byte[ContentDigest.Size];
        digest.CopyTo(bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
