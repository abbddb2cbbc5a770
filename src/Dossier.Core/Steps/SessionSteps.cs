using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;

namespace Dossier;

/// <summary>Steps of a session in their short forms.</summary>
public static class SessionSteps
{
    /// <summary>
    /// Runs a step of the workflow and keeps its result, or returns the result that an earlier run has kept, without running it.
    /// Another name, version or input is another step.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <returns>The result, read back from what is kept; <see cref="StepLog.RunAsync{T}(string, IReadOnlyList{StepInput}, Func{CancellationToken, Task{T}}, StepOptions, CancellationToken)"/> says whether the body was run.</returns>
    /// <inheritdoc cref="StepLog.RunAsync{T}(string, IReadOnlyList{StepInput}, Func{CancellationToken, Task{T}}, StepOptions, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    public static async Task<T> StepAsync<T>(
        this Session session,
        string name,
        IReadOnlyList<StepInput> inputs,
        Func<CancellationToken, Task<T>> body,
        StepOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        return (await session.Steps.RunAsync(name, inputs, body, options, cancellationToken).ConfigureAwait(false)).Value;
    }

    /// <param name="session">The session.</param>
    /// <param name="typeInfo">How the result is written and read, from a source-generated context; not used for text, bytes and artifacts.</param>
    /// <inheritdoc cref="StepAsync{T}(Session, string, IReadOnlyList{StepInput}, Func{CancellationToken, Task{T}}, StepOptions, CancellationToken)"/>
    public static async Task<T> StepAsync<T>(
        this Session session,
        string name,
        IReadOnlyList<StepInput> inputs,
        Func<CancellationToken, Task<T>> body,
        JsonTypeInfo<T> typeInfo,
        StepOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        return (await session.Steps.RunAsync(name, inputs, body, typeInfo, options, cancellationToken).ConfigureAwait(false)).Value;
    }

    /// <summary>
    /// Runs a step for each item, several at a time, and goes on when one fails. Results come in the order of the items. Items that are the
    /// same share a step, which is run once. While results are not consumed, those under way go on and no others begin; leaving the
    /// loop early cancels those under way and waits for them.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="name">The name of the steps, as for <c>StepAsync</c>.</param>
    /// <param name="items">The items, read as they are needed. Each is an input of its step: see <see cref="StepInput.Of{T}(T)"/>.</param>
    /// <param name="body">What makes an item's result.</param>
    /// <param name="options">How many at a time, what else the results depend on, and how each step is run; null for the defaults.</param>
    /// <param name="cancellationToken">Stops all of it.</param>
    /// <exception cref="ArgumentException">The name or an option is not valid.</exception>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    public static IAsyncEnumerable<MapResult<TItem, T>> MapAsync<TItem, T>(
        this Session session,
        string name,
        IEnumerable<TItem> items,
        Func<TItem, CancellationToken, Task<T>> body,
        MapOptions? options = null,
        CancellationToken cancellationToken = default
    ) => Map(session, name, items, body, StepInput.Of, new(JsonText.TypeInfo<T>), options, cancellationToken);

    /// <param name="session">The session.</param>
    /// <param name="itemTypeInfo">How an item is written, from a source-generated context; not used for artifacts, text, numbers and the like.</param>
    /// <param name="typeInfo">How a result is written and read; not used for text, bytes and artifacts.</param>
    /// <inheritdoc cref="MapAsync{TItem, T}(Session, string, IEnumerable{TItem}, Func{TItem, CancellationToken, Task{T}}, MapOptions, CancellationToken)"/>
    public static IAsyncEnumerable<MapResult<TItem, T>> MapAsync<TItem, T>(
        this Session session,
        string name,
        IEnumerable<TItem> items,
        Func<TItem, CancellationToken, Task<T>> body,
        JsonTypeInfo<TItem> itemTypeInfo,
        JsonTypeInfo<T> typeInfo,
        MapOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(itemTypeInfo);
        ArgumentNullException.ThrowIfNull(typeInfo);
        return Map(session, name, items, body, item => StepInput.Of(item, itemTypeInfo), new(() => typeInfo), options, cancellationToken);
    }

    private static IAsyncEnumerable<MapResult<TItem, T>> Map<TItem, T>(
        Session session,
        string name,
        IEnumerable<TItem> items,
        Func<TItem, CancellationToken, Task<T>> body,
        Func<TItem, StepInput> toInput,
        StepCodec<T> codec,
        MapOptions? options,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(session);
        Identifiers.CheckName(name, nameof(name));
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(body);
        options ??= MapOptions.Default;
        options.Check(nameof(options));
        return new StepMap<TItem, T>(session.Steps, name, body, toInput, codec, options).RunAsync(items, cancellationToken);
    }
}
