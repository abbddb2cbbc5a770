using System.Runtime.ExceptionServices;

namespace Dossier;

/// <summary>
/// A failure of a vendor on both sides of the telemetry, which tells the world its message: behind the telemetry something else is thrown where
/// the message has what must not be seen, and in front of it the failure itself.
/// </summary>
/// <param name="services">Says what must not be seen.</param>
internal sealed class TracedFailure(StoreServices services)
{
    private ExceptionDispatchInfo? _hidden;

    /// <summary>Whether another failure is seen instead of the one that happened.</summary>
    public bool IsHidden => _hidden is not null;

    /// <summary>What is to be thrown instead of a failure that <see cref="Hides"/> took.</summary>
    public Exception StandIn { get; private set; } = null!;

    /// <summary>Takes a failure that must not be seen as it is; false when it may.</summary>
    public bool Hides(Exception exception)
    {
        var seen = ResponseError.From(exception, null).Masked(services.Masker).As(services.Capture).Message;
        if (string.Equals(seen, exception.Message, StringComparison.Ordinal))
            return false;
        _hidden = ExceptionDispatchInfo.Capture(exception);
        StandIn = exception is OperationCanceledException ? new OperationCanceledException(seen) : new DossierException(seen);
        return true;
    }

    /// <summary>Throws what happened.</summary>
    public void Throw() => _hidden!.Throw();
}
