using Dossier.Storage;

namespace Dossier;

/// <summary>A step could not be run, or its result could not be kept. What its body throws passes through as it is, and is not this.</summary>
public sealed class StepException : DossierException
{
    internal StepException(StepErrorKind kind, string name, ContentDigest key, string message, Exception? innerException = null)
        : base(message, innerException) => (Kind, Name, Key) = (kind, name, key);

    /// <summary>What kind of failure it is.</summary>
    public StepErrorKind Kind { get; }

    /// <summary>The step's name.</summary>
    public string Name { get; }

    /// <summary>The step's key, by which <see cref="StepLog.FindAsync"/> finds its record.</summary>
    public ContentDigest Key { get; }

    /// <summary>Whether the same call may succeed later: yes when another process has the step, or had it.</summary>
    public override bool IsTransient => Kind is StepErrorKind.Busy or StepErrorKind.LeaseLost;
}

/// <summary>Why a step failed that is not its body's own failure.</summary>
public enum StepErrorKind
{
    /// <summary>Somebody else is running it, and <see cref="StepOptions.FailWhenBusy"/> says not to wait.</summary>
    Busy,

    /// <summary>Its process did not renew its lease in time, so that somebody else may run it: the result was not kept.</summary>
    LeaseLost,

    /// <summary>The kept result is of another type than the one that is asked for.</summary>
    ResultType,

    /// <summary>The body ran, and its result cannot be kept: it cannot be written as JSON, or not be read back.</summary>
    ResultNotKept,
}
