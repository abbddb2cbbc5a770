namespace Dossier.Storage;

/// <summary>Whether two objects stand for one storage.</summary>
internal static class SameStorage
{
    public static bool IsSameAs(this IStorage storage, IStorage other)
    {
        var (left, right) = (Whole(storage), Whole(other));
        // All storages in memory call themselves the same.
        return ReferenceEquals(left, right)
            || (left is not MemoryStorage && string.Equals(left.Location, right.Location, StringComparison.Ordinal));
    }

    private static IStorage Whole(IStorage storage) => storage is OwnerStorage view ? view.Whole : storage;
}
