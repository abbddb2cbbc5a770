using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Dossier;

/// <summary>
/// What the whole process shares of one provider, so that sessions know of each other: one for each name, endpoint and settings. Clocks
/// do not share: what one counts would mean nothing to another.
/// </summary>
/// <param name="create">Makes it.</param>
internal sealed class SharedByProvider<TSettings, T>(Func<TSettings, TimeProvider, T> create)
    where TSettings : notnull
{
    private readonly ConditionalWeakTable<
        TimeProvider,
        ConcurrentDictionary<(string Name, Uri? Endpoint, TSettings Settings), T>
    > _clocks = [];

    public T Get(string name, Uri? endpoint, TSettings settings, TimeProvider time) =>
        _clocks
            .GetOrCreateValue(time)
            .GetOrAdd((name, endpoint, settings), static (key, with) => with.create(key.Settings, with.time), (create, time));
}
