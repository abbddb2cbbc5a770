using System.Text;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Where the storage of a test comes from.</summary>
public interface IStorageFixture : IAsyncDisposable
{
    /// <summary>Whether the storage still has everything when it is opened again.</summary>
    bool Persists => true;

    /// <summary>Opens the storage; opened again, a storage that persists shows what it held before.</summary>
    Task<IStorage> OpenAsync();

    /// <summary>Changes a byte of content where the storage keeps it, behind its back.</summary>
    void Damage(IStorage storage, ContentDigest digest);
}

/// <summary>What every storage has to do, whichever backend it stands on. One storage per test.</summary>
public abstract class StorageSuite<TFixture> : IAsyncLifetime
    where TFixture : IStorageFixture, new()
{
    protected const string SessionId = "s-1";
    protected static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch.AddMicroseconds(1_790_000_000_123_456);

    private long _ids;

    protected TFixture Fixture { get; } = new();

    protected IStorage Storage { get; set; } = null!;

    protected IRecordStore Records => Storage.Records;

    public async ValueTask InitializeAsync() => Storage = await Fixture.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Storage.DisposeAsync();
        await Fixture.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>An id as records have them; each greater than the one before.</summary>
    protected string NewId() => Interlocked.Increment(ref _ids).ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    protected SessionCommit NewCommit(string sessionId = SessionId) =>
        new()
        {
            CommitId = Guid.CreateVersion7(),
            SessionId = sessionId,
            At = Time,
        };

    protected async Task<CommitResult> CreateSessionAsync(string sessionId = SessionId, SessionInfo? info = null) =>
        await Records.CommitAsync(
            NewCommit(sessionId) with
            {
                Session = (info ?? new() { Id = sessionId, CreatedAt = Time }) with { Id = sessionId },
                ExpectedRevision = 0,
            }
        );

    protected ArtifactRecord NewArtifact(string name, string content = "content") =>
        new()
        {
            SessionId = SessionId,
            Id = NewId(),
            Name = name,
            ContentType = "text/plain",
            Digest = ContentDigest.Of(Encoding.UTF8.GetBytes(content)),
            Size = Encoding.UTF8.GetByteCount(content),
            CreatedAt = Time,
        };

    protected TrackedResponse NewResponse(string? key = null) =>
        new()
        {
            Id = NewId(),
            Key = key,
            StartedAt = Time,
        };

    protected static ContentEntry Inline(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return new(ContentDigest.Of(bytes), bytes.Length, bytes);
    }

    protected async Task<CommitResult> StoreAsync(params ArtifactRecord[] artifacts) =>
        await Records.CommitAsync(NewCommit() with { Artifacts = artifacts });

    protected async Task<CommitResult> StoreAsync(params TrackedResponse[] responses) =>
        await Records.CommitAsync(NewCommit() with { Responses = responses });

    /// <summary>All pages, one list each.</summary>
    protected static async Task<List<IReadOnlyList<T>>> ReadPagesAsync<T>(Func<string?, ValueTask<RecordPage<T>>> read)
    {
        var pages = new List<IReadOnlyList<T>>();
        string? continuation = null;
        do
        {
            var page = await read(continuation);
            pages.Add(page.Items);
            continuation = page.Continuation;
        } while (continuation is not null);
        return pages;
    }
}
