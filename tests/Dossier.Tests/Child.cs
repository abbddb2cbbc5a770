using System.Diagnostics;

namespace Dossier.Tests;

/// <summary>Another process that uses Dossier.</summary>
internal static class Child
{
    /// <summary>The program and its arguments, as a command line.</summary>
    public static string[] Command(params string[] arguments)
    {
        // The same configuration and framework as these tests.
        var output = AppContext.BaseDirectory.Replace("Dossier.Tests", "Dossier.ChildProcess", StringComparison.Ordinal);
        return ["dotnet", "exec", Path.Combine(output, "Dossier.ChildProcess.dll"), .. arguments];
    }

    /// <summary>Starts a command, its standard streams redirected.</summary>
    public static Process Start(string[] command)
    {
        var process = new Process
        {
            StartInfo = new(command[0], command[1..])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        return process;
    }

    /// <summary>Runs it to its end, and returns the lines that it printed.</summary>
    public static Task<string[]> RunAsync(params string[] arguments) => RunCommandAsync(Command(arguments));

    /// <summary>Runs a command to its end, and returns the lines that it printed.</summary>
    public static async Task<string[]> RunCommandAsync(string[] command)
    {
        using var process = Start(command);
        return await ReadLinesAsync(process);
    }

    /// <summary>Waits for its end, and returns the lines that it printed.</summary>
    public static async Task<string[]> ReadLinesAsync(Process process)
    {
        var lines = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.Should().Be(0, "it printed {0}", error);
        return (await lines).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Runs a command and kills it at an instant of its own each time, soon after it has printed so many lines.</summary>
    /// <param name="command">The command.</param>
    /// <param name="killAfter">The number of lines.</param>
    /// <param name="read">Takes each line, also those that are printed until it dies.</param>
    public static async Task KillAsync(string[] command, int killAfter, Action<string> read)
    {
        const int MostSpins = 500_000;
        using var child = Start(command);
        var error = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var lines = 0;
        while (await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            read(line);
            if (++lines != killAfter)
                continue;
            // The instant just after a line is as good as any other, but it is always the same one.
            Thread.SpinWait(Random.Shared.Next(MostSpins));
            child.Kill();
        }
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        (await error).Should().BeEmpty("the child was killed and has not failed");
        lines.Should().BeGreaterThanOrEqualTo(killAfter);
    }
}
