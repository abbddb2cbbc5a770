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

    /// <summary>Flips a bit of the file, or of the row.</summary>
    public void Damage(IStorage storage, ContentDigest digest)
    {
        if (new FileInfo(StoreFiles.Content(Path, digest)) is { Exists: true } file)
        {
            using var stream = file.Open(FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var first = stream.ReadByte();
            stream.Position = 0;
            stream.WriteByte((byte)(first ^ 1));
            return;
        }
        StoreFiles.Execute(Path, $"UPDATE contents SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE digest = x'{digest.ToHex()}'");
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }
}

public sealed class LocalStorageSessionTests : SessionConformance<LocalFixture>;

public sealed class LocalStorageRepetitionTests : RepetitionConformance<LocalFixture>;

public sealed class LocalStorageArtifactTests : ArtifactConformance<LocalFixture>;

public sealed class LocalStorageArtifactQueryTests : ArtifactQueryConformance<LocalFixture>;

public sealed class LocalStorageMetadataTests : MetadataConformance<LocalFixture>;

public sealed class LocalStorageResponseTests : ResponseConformance<LocalFixture>;

public sealed class LocalStorageConversationTests : ConversationConformance<LocalFixture>;

public sealed class LocalStorageTurnTests : TurnConformance<LocalFixture>;

public sealed class LocalStorageBudgetTests : BudgetConformance<LocalFixture>;

public sealed class LocalStorageForkTests : ForkConformance<LocalFixture>;

public sealed class LocalStorageBundleTests : BundleConformance<LocalFixture>;

public sealed class LocalStorageStepTests : StepConformance<LocalFixture>;

public sealed class LocalStorageKeptStepTests : KeptStepConformance<LocalFixture>;

public sealed class LocalStorageContentTests : ContentConformance<LocalFixture>;

public sealed class LocalStorageSearchTests : SearchConformance<LocalFixture>;

public sealed class LocalStoragePersistenceTests : PersistenceConformance<LocalFixture>;

public sealed class LocalStorageLifecycleTests : LifecycleConformance<LocalFixture>;

public sealed class LocalStoragePurgeTests : PurgeConformance<LocalFixture>;

public sealed class LocalStorageErasureTests : ErasureConformance<LocalFixture>;

public sealed class LocalStorageGoneSessionTests : GoneSessionConformance<LocalFixture>;

public sealed class LocalStorageRefusedContentTests : RefusedContentConformance<LocalFixture>;

public sealed class LocalStorageGeneratedTests : GeneratedConformance<LocalFixture>;

public sealed class LocalStorageVerifyTests : VerifyConformance<LocalFixture>;

public sealed class LocalStorageOwnerTests : OwnerConformance<LocalFixture>;

public sealed class LocalStorageOwnerContentTests : OwnerContentConformance<LocalFixture>;
