using System.Diagnostics;

namespace Dossier.Tests;

/// <summary>Another process that uses Dossier.</summary>
internal static class Child
{
    /// <summary>Runs it to its end, and returns the lines that it printed.</summary>
    public static async Task<string[]> RunAsync(params string[] arguments)
    {
        // The same configuration and framework as these tests.
        var output = AppContext.BaseDirectory.Replace("Dossier.Tests", "Dossier.ChildProcess", StringComparison.Ordinal);
        var program = Path.Combine(output, "Dossier.ChildProcess.dll");
        using var process = new Process
        {
            StartInfo = new("dotnet", ["exec", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        var lines = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.Should().Be(0, "it printed {0}", error);
        return (await lines).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
