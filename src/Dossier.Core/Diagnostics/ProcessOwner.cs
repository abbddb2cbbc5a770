using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Dossier;

/// <summary>Tells what belongs to a process that lives from what a process left behind that has ended.</summary>
internal static class ProcessOwner
{
    // The start of a process is computed from the clock, which may be set while it runs; an id is not used again so soon.
    private const long ClockTolerance = 10;

    // Of another machine nothing is known; no call takes so long.
    private static readonly TimeSpan s_patience = TimeSpan.FromHours(1);

    /// <summary>Where the ids of processes mean the same as here: containers that share a name, and a store, have ids of their own each.</summary>
    private static readonly string s_machine = Environment.MachineName + NamespaceOfProcesses();

    /// <summary>This process, as <c>machine/process id/start of the process</c>; where Linux says it, with the namespace of its id behind the machine's name.</summary>
    public static string Current { get; } = Describe();

    /// <summary>Whether a process has ended, so that it will not finish what it began.</summary>
    /// <param name="owner">The process; empty when it is not known.</param>
    /// <param name="since">When it began what is asked about: of a process of which nothing can be known it is over after an hour.</param>
    /// <param name="now">The time.</param>
    public static bool HasEnded(string owner, DateTimeOffset since, DateTimeOffset now)
    {
        if (string.Equals(owner, Current, StringComparison.Ordinal))
            return false;
        if (
            owner.Split('/') is not [var machine, var id, var started]
            || !string.Equals(machine, s_machine, StringComparison.Ordinal)
            || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
            || !long.TryParse(started, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
        )
        {
            return now - since > s_patience;
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

    private static string Describe()
    {
        using var process = Process.GetCurrentProcess();
        return string.Create(CultureInfo.InvariantCulture, $"{s_machine}/{process.Id}/{StartOf(process)}");
    }

    /// <summary>Its number, behind a colon (namespaces(7)); empty when the system does not say.</summary>
    private static string NamespaceOfProcesses()
    {
        try
        {
            // As "pid:[4026531836]".
            return new FileInfo("/proc/self/ns/pid").LinkTarget is ['p', 'i', 'd', ':', '[', .. var number, ']'] ? $":{number}" : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
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
