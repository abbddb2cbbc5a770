using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Dossier;

/// <summary>Tells the holds of processes that live from those of processes that have ended.</summary>
internal static class HoldOwner
{
    // The start of a process is computed from the clock, which may be set while it runs; an id is not used again so soon.
    private const long ClockTolerance = 10;

    // Of another machine nothing is known; no call takes so long.
    private static readonly TimeSpan s_patience = TimeSpan.FromHours(1);

    /// <summary>This process.</summary>
    public static string Current { get; } = Describe();

    /// <summary>Whether the process that took a hold has ended, so that the hold will not be settled by its call.</summary>
    public static bool HasEnded(BudgetHold hold, DateTimeOffset now)
    {
        if (string.Equals(hold.Owner, Current, StringComparison.Ordinal))
            return false;
        if (
            hold.Owner.Split('/') is not [var machine, var id, var started]
            || !string.Equals(machine, Environment.MachineName, StringComparison.Ordinal)
            || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
            || !long.TryParse(started, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
        )
        {
            return now - hold.TakenAt > s_patience;
        }
        try
        {
            using var process = Process.GetProcessById(processId);
            return start != 0 && StartOf(process) is not 0 and var startOfOther && Math.Abs(startOfOther - start) > ClockTolerance;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>What is held by calls that may still end.</summary>
    public static BudgetAmount UnderWay(Storage.BudgetLedger ledger, DateTimeOffset now) =>
        ledger
            .Holds.Where(hold => hold.Charged is null && !HasEnded(hold, now))
            .Aggregate(BudgetAmount.Nothing, static (sum, hold) => sum + hold.Amount);

    private static string Describe()
    {
        using var process = Process.GetCurrentProcess();
        return string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{process.Id}/{StartOf(process)}");
    }

    /// <summary>In Unix seconds; 0 when the system does not say.</summary>
    private static long StartOf(Process process)
    {
        try
        {
            return new DateTimeOffset(process.StartTime).ToUnixTimeSeconds();
        }
        catch (Exception exception) when (exception is Win32Exception or NotSupportedException)
        {
            return 0;
        }
    }
}
