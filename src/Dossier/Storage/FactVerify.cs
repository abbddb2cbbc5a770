using System.Globalization;

namespace Dossier.Storage;

/// <summary>Reports where the index of metadata disagrees with the artifacts, and makes it anew there when that is asked for.</summary>
internal sealed class FactVerify(LocalEngine engine, Database database, RecordScan records, VerifyFindings findings)
{
    public void Run(VerifyOptions options, CancellationToken cancellationToken)
    {
        try
        {
            long? session = options.SessionId is { } id ? records.KeyOf(id) : null;
            foreach (var (key, block) in records.Facts.FindSuspects(session, cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                database.Execute("BEGIN"); // one instant for both
                var (missing, stale) = FactCheck.Compare(database, key, block);
                database.Execute("COMMIT");
                if (missing + stale == 0)
                    continue;
                if (options.RebuildIndex)
                    Rebuild(key, block, cancellationToken);
                findings.Add(
                    Mismatch(key == 0 ? "all sessions" : $"session '{records.SessionOf(key)}'", missing, stale, options.RebuildIndex)
                );
            }
        }
        catch (StorageException exception) when (!exception.IsTransient)
        {
            if (database.InTransaction)
                database.Execute("ROLLBACK");
            findings.Add(RecordScan.Unreadable("the index of metadata", exception.Message));
        }
    }

    private void Rebuild(long session, long block, CancellationToken cancellationToken)
    {
        using var turns = new MaintenanceTurns(engine.Path, engine.Time, cancellationToken);
        try
        {
            turns.Write(writer =>
            {
                FactCheck.Rebuild(writer, session, block);
                return true;
            });
        }
        catch (TimeoutException)
        {
            throw StorageErrors.VerificationWaited(engine.Path);
        }
    }

    private static VerifyProblem Mismatch(string where, int missing, int stale, bool isRebuilt) =>
        new()
        {
            Kind = VerifyProblemKind.IndexMismatch,
            Description = string.Create(
                CultureInfo.InvariantCulture,
                $"The index by which artifacts of {where} are found by metadata lacks {missing:N0} values that they have, and has {stale:N0} that they have not."
            ),
            Remedy = isRebuilt
                ? "It was made anew from the artifacts, which can be trusted."
                : "Verify with RebuildIndex, which makes it anew from the artifacts; they can be trusted.",
        };
}
