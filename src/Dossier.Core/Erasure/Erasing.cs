using Dossier.Storage;

namespace Dossier;

/// <summary>Erases sessions, and tells of what was erased.</summary>
internal static class Erasing
{
    private const int LongestReason = 256;

    public static async Task<ErasureReport> EraseAsync(
        this StoreServices services,
        ErasureTarget target,
        string? reason,
        CancellationToken cancellationToken
    )
    {
        if (reason is { Length: > LongestReason })
            throw new ArgumentException(
                $"The reason of an erasure has {reason.Length} characters; keep it to {LongestReason}, and to what need not be erased itself.",
                nameof(reason)
            );
        var report = await services
            .Storage.Maintenance.EraseAsync(target, services.Masker.ApplyTo(reason), services.Time.GetRecordTime(), cancellationToken)
            .ConfigureAwait(false);
        services.Histories.Clear();
        Log.Maintained(services.Logger, services.Storage.Location, report);
        return report;
    }

    /// <summary>That a session is not there: with what became of it, where it was erased.</summary>
    public static async Task<NotFoundException> NoSessionAsync(
        this IStorage storage,
        string id,
        string otherwise,
        CancellationToken cancellationToken
    ) =>
        await storage.Records.GetErasureAsync(id, cancellationToken).ConfigureAwait(false) is { } erasure
            ? new($"Session '{id}' {erasure.Text} from {storage.Location}, and cannot be brought back.")
            : new(otherwise);
}
