namespace Dossier;

/// <summary>Waits for a tool, and not for ever when its caller has given up: one that hangs, or does not look at its token, would hold the call until its process ends.</summary>
internal static class ToolPatience
{
    /// <summary>How long a tool has to stop in order; it may have something to undo.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    /// <summary>What the tool returns.</summary>
    /// <param name="running">The tool.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">The token that the tool was given.</param>
    /// <exception cref="OperationCanceledException">The caller has given up, and the tool goes on alone: what becomes of it nobody hears.</exception>
    public static ValueTask<object?> WaitAsync(ValueTask<object?> running, TimeProvider time, CancellationToken cancellationToken) =>
        running.IsCompleted || !cancellationToken.CanBeCanceled ? running : WaitAsync(running.AsTask(), time, cancellationToken);

    private static async ValueTask<object?> WaitAsync(Task<object?> running, TimeProvider time, CancellationToken cancellationToken)
    {
        // Only that a wait has ended is looked at, and not why: the tool may end just then.
        await ((Task)running).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!running.IsCompleted)
            await ((Task)running).WaitAsync(s_grace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompleted)
            return await running.ConfigureAwait(false);
        throw new OperationCanceledException(
            $"The call was cancelled, and a tool that it waited for did not stop within {s_grace.TotalSeconds:0} s.",
            cancellationToken
        );
    }
}
