using System.Text.RegularExpressions;

namespace Dossier.Tests.Faults;

/// <summary>A system call of a traced process.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">Its arguments and its result, descriptors with the path or pipe that they stand for.</param>
/// <param name="Start">The line of the trace in which it begins.</param>
/// <param name="End">The line in which it has returned.</param>
internal sealed record SystemCall(string Name, string Text, int Start, int End);

/// <summary>What strace -f -y writes into its file.</summary>
internal static partial class SystemCalls
{
    /// <summary>The calls in the order in which they began; a call that another thread's broke into two lines is put together.</summary>
    public static List<SystemCall> Parse(string[] lines)
    {
        var calls = new List<SystemCall>();
        var open = new Dictionary<string, (string Name, string Text, int Start)>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (Unfinished().Match(lines[i]) is { Success: true } begin)
                open[begin.Groups["pid"].Value] = (begin.Groups["name"].Value, begin.Groups["text"].Value, i);
            else if (Resumed().Match(lines[i]) is { Success: true } end)
            {
                if (open.Remove(end.Groups["pid"].Value, out var call))
                    calls.Add(new(call.Name, call.Text + end.Groups["text"].Value, call.Start, i));
            }
            else if (Whole().Match(lines[i]) is { Success: true } whole)
                calls.Add(new(whole.Groups["name"].Value, whole.Groups["text"].Value, i, i));
        }
        return [.. calls.OrderBy(call => call.Start)];
    }

    [GeneratedRegex(@"^(?<pid>\d+) +(?<name>\w+)\((?<text>.*) <unfinished \.\.\.>$")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^(?<pid>\d+) +<\.\.\. (?<name>\w+) resumed> ?(?<text>.*)$")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(?<pid>\d+) +(?<name>\w+)\((?<text>.*)$")]
    private static partial Regex Whole();
}
