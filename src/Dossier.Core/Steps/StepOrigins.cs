using System.Runtime.CompilerServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// Which step an object came from, for as long as it lives: what a step returned, and the elements of a list that it returned. A step's result is
/// read back from what is kept, so that the object is its alone, and whoever hands it on hands on that result.
/// </summary>
internal static class StepOrigins
{
    // A list may be long, and few of its elements become inputs of their own.
    private const int MostElements = 10_000;

    private static readonly ConditionalWeakTable<object, StepOrigin> s_origins = [];

    /// <summary>A step has returned a value.</summary>
    public static void Note<T>(IStorage storage, StepCall call, T value)
    {
        if (value is null or Artifact || value.GetType().IsValueType) // a boxed value is another object each time; an artifact has its own record
            return;
        var origin = new StepOrigin(storage, call.SessionId, call.Key);
        Add(value, origin);
        if (value is not IReadOnlyList<object> elements)
            return;
        foreach (var element in elements.Take(MostElements))
            if (element is not null and not Artifact)
                Add(element, origin);
    }

    /// <summary>The step of a session that an object came from; null when it came from none.</summary>
    public static ContentDigest? Find(IStorage storage, string sessionId, object? value) =>
        value is not null
        && s_origins.TryGetValue(value, out var origin)
        && string.Equals(origin.SessionId, sessionId, StringComparison.Ordinal)
        && ReferenceEquals(origin.Storage, storage)
            ? origin.Step
            : null;

    private static void Add(object value, StepOrigin origin) => s_origins.TryAdd(value, origin);

    private sealed record StepOrigin(IStorage Storage, string SessionId, ContentDigest Step);
}
