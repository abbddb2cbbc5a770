using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dossier.Conformance;
using Dossier.Storage;

namespace Dossier.Core.Tests.Storage;

public sealed class MemoryStorageSessionTests : SessionConformance<MemoryFixture>;

public sealed class MemoryStorageRepetitionTests : RepetitionConformance<MemoryFixture>;

public sealed class MemoryStorageArtifactTests : ArtifactConformance<MemoryFixture>;

public sealed class MemoryStorageArtifactQueryTests : ArtifactQueryConformance<MemoryFixture>;

public sealed class MemoryStorageMetadataTests : MetadataConformance<MemoryFixture>;

public sealed class MemoryStorageResponseTests : ResponseConformance<MemoryFixture>;

public sealed class MemoryStorageConversationTests : ConversationConformance<MemoryFixture>;

public sealed class MemoryStorageTurnTests : TurnConformance<MemoryFixture>;

public sealed class MemoryStorageBudgetTests : BudgetConformance<MemoryFixture>;

public sealed class MemoryStorageForkTests : ForkConformance<MemoryFixture>;

public sealed class MemoryStorageBundleTests : BundleConformance<MemoryFixture>;

public sealed class MemoryStorageStepTests : StepConformance<MemoryFixture>;

public sealed class MemoryStorageKeptStepTests : KeptStepConformance<MemoryFixture>;

public sealed class MemoryStorageContentTests : ContentConformance<MemoryFixture>;

public sealed class MemoryStorageSearchTests : SearchConformance<MemoryFixture>;

public sealed class MemoryStorageLifecycleTests : LifecycleConformance<MemoryFixture>;

public sealed class MemoryStoragePurgeTests : PurgeConformance<MemoryFixture>;

public sealed class MemoryStorageErasureTests : ErasureConformance<MemoryFixture>;

public sealed class MemoryStorageGoneSessionTests : GoneSessionConformance<MemoryFixture>;

public sealed class MemoryStorageRefusedContentTests : RefusedContentConformance<MemoryFixture>;

public sealed class MemoryStorageGeneratedTests : GeneratedConformance<MemoryFixture>;

public sealed class MemoryStorageVerifyTests : VerifyConformance<MemoryFixture>;

public sealed class MemoryStorageOwnerTests : OwnerConformance<MemoryFixture>;

public sealed class MemoryStorageOwnerContentTests : OwnerContentConformance<MemoryFixture>;

public sealed class MemoryFixture : IStorageFixture
{
    public bool Persists => false;

    public async Task<IStorage> OpenAsync()
    {
        var storage = new MemoryStorage();
        await storage.OpenAsync();
        return storage;
    }

    public void Damage(IStorage storage, ContentDigest digest)
    {
        var bytes =
            ((MemoryRecordStore)storage.Records).GetContentAsync(digest).AsTask().GetAwaiter().GetResult()?.Inline is { } inline
            && MemoryMarshal.TryGetArray(inline, out var segment)
                ? segment
                : Contents((MemoryContentStore)storage.Contents)[digest];
        bytes[0] ^= 1;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_contents")]
    private static extern ref ConcurrentDictionary<ContentDigest, byte[]> Contents(MemoryContentStore store);
}

public sealed class MemoryStorageTests
{
    [Fact]
    public async Task DisposedStorage_LetsGoOfWhatWasStored()
    {
        var storage = new MemoryStorage();
        var (records, contents) = Watch(storage);

        await storage.DisposeAsync();

        GC.Collect();
        records.IsAlive.Should().BeFalse();
        contents.IsAlive.Should().BeFalse();
        GC.KeepAlive(storage);
    }

    [Fact]
    public async Task DisposedStorage_CannotBeUsed()
    {
        var storage = new MemoryStorage();
        await storage.DisposeAsync();

        storage.Invoking(it => it.Records).Should().Throw<ObjectDisposedException>();
        storage.Invoking(it => it.Contents).Should().Throw<ObjectDisposedException>();
        await storage.Invoking(it => it.OpenAsync()).Should().ThrowAsync<ObjectDisposedException>();
    }

    // A method of its own, so that no local variable of the test keeps them.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Records, WeakReference Contents) Watch(MemoryStorage storage) =>
        (new(storage.Records), new(storage.Contents));
}
