using System.Buffers;
using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier;

/// <summary>Hashes content where it lies, in constant memory.</summary>
/// <param name="source">The storage.</param>
/// <param name="hashed">Told how many bytes were hashed since it was last told.</param>
internal sealed class ContentCheck(VerifySource source, Action<int> hashed)
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Looks at content; returns its size, and what is wrong with it.</summary>
    public async ValueTask<(long Size, VerifyProblem? Problem)> LookAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        ContentEntry? entry = null;
        try
        {
            entry = await source.Storage.Records.GetContentAsync(digest, cancellationToken).ConfigureAwait(false);
            if (entry is null)
                return (0, Missing(digest, null, "No record of it is in the store."));
            if (entry.Inline is not { } bytes)
                return (entry.Size, await LookInStoreAsync(entry, cancellationToken).ConfigureAwait(false));
            var actual = ContentDigest.Of(bytes.Span);
            hashed(bytes.Length);
            return (entry.Size, Compare(entry, actual, bytes.Length));
        }
        catch (QuarantinedException exception)
        {
            return (0, Problem(VerifyProblemKind.Quarantined, digest, entry?.Size, null, $"It {exception.Event}", Remedy(digest)));
        }
        catch (Exception exception) when (exception is StorageException or IOException or UnauthorizedAccessException)
        {
            return (0, Problem(VerifyProblemKind.Unreadable, digest, entry?.Size, null, exception.Message, Remedy(digest)));
        }
    }

    private async ValueTask<VerifyProblem?> LookInStoreAsync(ContentEntry entry, CancellationToken cancellationToken)
    {
        var stream = await source.Storage.Contents.OpenReadAsync(entry.Digest, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (stream is null)
            return Missing(entry.Digest, entry.Size, "It is recorded, but its bytes are not there.");
        await using (stream.ConfigureAwait(false))
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                long size = 0;
                int read;
                while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    hash.AppendData(buffer, 0, read);
                    size += read;
                    hashed(read);
                }
                return Compare(entry, new(hash.GetHashAndReset()), size);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private VerifyProblem? Compare(ContentEntry entry, ContentDigest actual, long size)
    {
        if (actual != entry.Digest)
        {
            var description =
                size == entry.Size
                    ? $"Its {size:N0} bytes have changed: they hash to {actual}."
                    : $"It has {size:N0} of {entry.Size:N0} bytes.";
            return Problem(VerifyProblemKind.Damaged, entry.Digest, entry.Size, size, description, DamagedRemedy(entry.Digest));
        }
        return size == entry.Size
            ? null
            : Problem(
                VerifyProblemKind.Inconsistent,
                entry.Digest,
                entry.Size,
                size,
                $"Its bytes are whole, {size:N0} of them, but {entry.Size:N0} are recorded.",
                "Restore the store from a backup; the content itself can be trusted."
            );
    }

    private VerifyProblem Missing(ContentDigest digest, long? size, string description) =>
        Problem(VerifyProblemKind.Missing, digest, size, null, description, Remedy(digest));

    /// <summary>What heals content that is not there.</summary>
    public string Remedy(ContentDigest digest) =>
        $"Restore {source.PlaceOf(digest)} from a backup, or store the same bytes again as an artifact.";

    // What has the right length is not replaced when it is stored again: nothing would be known to be wrong with it.
    private string DamagedRemedy(ContentDigest digest) =>
        $"Restore {source.PlaceOf(digest)} from a backup; or verify with Quarantine, and then store the same bytes again as an artifact.";

    private static VerifyProblem Problem(
        VerifyProblemKind kind,
        ContentDigest digest,
        long? expected,
        long? found,
        string description,
        string remedy
    ) =>
        new()
        {
            Kind = kind,
            Digest = digest,
            ExpectedSize = expected,
            FoundSize = found,
            Description = description,
            Remedy = remedy,
        };
}
