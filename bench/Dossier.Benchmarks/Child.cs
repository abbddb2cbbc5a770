using System.Diagnostics;

namespace Dossier.Benchmarks;

/// <summary>This program again, as another process.</summary>
internal static class Child
{
    /// <summary>Starts it with arguments; what it reads and prints goes through the process's streams.</summary>
    public static Process Start(params string[] arguments)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // Started with 'dotnet Dossier.Benchmarks.dll', the program is dotnet.
        if (Path.GetFileNameWithoutExtension(program) is "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Dossier.Benchmarks.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException("This program could not be started again.");
    }

    /// <summary>The next line that it prints.</summary>
    public static async Task<string> ReadLineAsync(Process child) =>
        await child.StandardOutput.ReadLineAsync()
        ?? throw new InvalidOperationException($"Process {child.Id} ended before it had said what it measured.");
}
