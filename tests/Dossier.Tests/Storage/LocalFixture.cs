using Dossier.Conformance;
using Dossier.Storage;

namespace Dossier.Tests.Storage;

/// <summary>A store in a directory of its own, which is deleted with the test.</summary>
public sealed class LocalFixture : IStorageFixture
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dossier-test-").FullName;

    public async Task<IStorage> OpenAsync()
    {
        var storage = new LocalStorage(Path);
        await storage.OpenAsync();
        return storage;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }
}

public sealed class LocalStorageSessionTests : SessionConformance<LocalFixture>;

public sealed class LocalStorageArtifactTests : ArtifactConformance<LocalFixture>;

public sealed class LocalStorageArtifactQueryTests : ArtifactQueryConformance<LocalFixture>;

public sealed class LocalStorageMetadataTests : MetadataConformance<LocalFixture>;

public sealed class LocalStorageResponseTests : ResponseConformance<LocalFixture>;

public sealed class LocalStorageContentTests : ContentConformance<LocalFixture>;

public sealed class LocalStorageSearchTests : SearchConformance<LocalFixture>;

public sealed class LocalStoragePersistenceTests : PersistenceConformance<LocalFixture>;

public sealed class LocalStorageLifecycleTests : LifecycleConformance<LocalFixture>;

public sealed class LocalStoragePurgeTests : PurgeConformance<LocalFixture>;

public sealed class LocalStorageGeneratedTests : GeneratedConformance<LocalFixture>;
