using System.Runtime.ExceptionServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>What a step gave, and where that came from.</summary>
/// <param name="Value">The result, read back from what is kept, so that a first run and a later one give the same.</param>
/// <param name="Key">The step's key.</param>
/// <param name="IsReused">Whether the result was kept already, and the body was not run for this call.</param>
/// <param name="ChangedReads">What the body had read for a reused result and is not the same any more; empty for a new one.</param>
/// <typeparam name="T">The type of the result.</typeparam>
public sealed record StepResult<T>(T Value, ContentDigest Key, bool IsReused, IReadOnlyList<StepRead> ChangedReads);

/// <summary>What a step gave for one of many items.</summary>
/// <typeparam name="TItem">The type of the item.</typeparam>
/// <typeparam name="T">The type of the result.</typeparam>
public sealed class MapResult<TItem, T>
{
    private readonly StepResult<T>? _result;

    internal MapResult(int index, TItem item, StepResult<T>? result, Exception? error) =>
        (Index, Item, _result, Error) = (index, item, result, error);

    /// <summary>The item's place among the items, from 0.</summary>
    public int Index { get; }

    /// <summary>The item.</summary>
    public TItem Item { get; }

    /// <summary>What went wrong; null when nothing did.</summary>
    public Exception? Error { get; }

    /// <summary>Whether there is a result.</summary>
    public bool Success => _result is not null;

    /// <summary>The result.</summary>
    /// <exception cref="Exception">The item's error, when there is no result; see <see cref="Success"/>.</exception>
    public T Value
    {
        get
        {
            if (_result is null)
                ExceptionDispatchInfo.Throw(Error!);
            return _result.Value;
        }
    }

    /// <summary>Whether the result was kept already, by an earlier run or by an item of this one that is the same.</summary>
    public bool IsReused => _result is { IsReused: true };

    /// <summary>The step's key; null when the item could not be made an input.</summary>
    public ContentDigest? Key => _result?.Key ?? (Error as StepException)?.Key;

    internal MapResult<TItem, T> For(int index, TItem item) =>
        new(index, item, _result is null ? null : _result with { IsReused = true }, Error);
}
