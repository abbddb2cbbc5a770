using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;

namespace Dossier;

/// <summary>The steps of a session: runs them, and reads what is known of them. Safe to use from several threads.</summary>
public sealed class StepLog
{
    private readonly SessionInfo _session;
    private readonly ResponseLog _responses;
    private int _reused;
    private int _run;

    internal StepLog(
        StoreServices services,
        SessionInfo session,
        ResponseLog responses,
        ArtifactWriter artifacts,
        Func<ArtifactDraft, CancellationToken, Task<Artifact>> store
    )
    {
        (Services, _session, _responses, Artifacts, StoreAsync) = (services, session, responses, artifacts, store);
    }

    /// <summary>How many calls of steps through this object found a kept result.</summary>
    public int ReusedCount => _reused;

    /// <summary>How many runs of a body were begun through this object.</summary>
    public int RunCount => _run;

    internal StoreServices Services { get; }

    internal ArtifactWriter Artifacts { get; }

    internal Func<ArtifactDraft, CancellationToken, Task<Artifact>> StoreAsync { get; }

    private IRecordStore Records
    {
        get
        {
            ThrowIfClosed();
            return Services.Storage.Records;
        }
    }

    /// <summary>Runs a step, or returns its kept result; <c>Session.StepAsync</c> is the short form. Says which of the two it was.</summary>
    /// <param name="name">
    /// The step's name, 1 to 1,000 characters, no control characters. With <see cref="StepOptions.Version"/>, the inputs and the names and
    /// versions of the steps around it, it is what the result is found by.
    /// </param>
    /// <param name="inputs">What the result depends on, in order.</param>
    /// <param name="body">
    /// What makes the result. It may be run again when its process dies in it, so what it does elsewhere has to bear that. Its token is
    /// cancelled with the caller's, and when the step's lease is lost.
    /// </param>
    /// <param name="typeInfo">How the result is written and read, from a source-generated context; not used for text, bytes and artifacts.</param>
    /// <param name="options">How it is run; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the wait and the body, and frees the step.</param>
    /// <exception cref="ArgumentException">The name or an option is not valid.</exception>
    /// <exception cref="StepException">Somebody else has the step, it was lost, or its result is of another type or cannot be kept; see <see cref="StepException.Kind"/>.</exception>
    /// <exception cref="StorageException">The store cannot be read or written.</exception>
    public Task<StepResult<T>> RunAsync<T>(
        string name,
        IReadOnlyList<StepInput> inputs,
        Func<CancellationToken, Task<T>> body,
        JsonTypeInfo<T> typeInfo,
        StepOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return RunAsync(NewCall(name, inputs, options), body, new(() => typeInfo), cancellationToken);
    }

    /// <summary>The same for a type whose members are found by reflection, and named in camel case.</summary>
    /// <inheritdoc cref="RunAsync{T}(string, IReadOnlyList{StepInput}, Func{CancellationToken, Task{T}}, JsonTypeInfo{T}, StepOptions, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    public Task<StepResult<T>> RunAsync<T>(
        string name,
        IReadOnlyList<StepInput> inputs,
        Func<CancellationToken, Task<T>> body,
        StepOptions? options = null,
        CancellationToken cancellationToken = default
    ) => RunAsync(NewCall(name, inputs, options), body, new(JsonText.TypeInfo<T>), cancellationToken);

    /// <summary>A step by its key, or null.</summary>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    public async Task<StepRecord?> FindAsync(ContentDigest key, CancellationToken cancellationToken = default) =>
        await Records
            .GetStepAsync(_session.Id, key, cancellationToken)
            .OfSessionAsync(Services.Storage, _session.Id, cancellationToken)
            .ConfigureAwait(false);

    /// <summary>A step by its key.</summary>
    /// <exception cref="NotFoundException">The session has none with that key, or was purged or erased.</exception>
    public async Task<StepRecord> GetAsync(ContentDigest key, CancellationToken cancellationToken = default) =>
        await FindAsync(key, cancellationToken).ConfigureAwait(false)
        ?? throw new NotFoundException($"Session '{_session.Id}' has no step with the key '{key}'; list what it has with Steps.ListAsync.");

    /// <summary>Lists the steps of the session, a page at a time.</summary>
    /// <param name="query">Which ones, in which order; null for all, in the order in which they first began.</param>
    /// <param name="cancellationToken">Stops the list.</param>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    public async IAsyncEnumerable<StepRecord> ListAsync(
        StepQuery? query = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        query ??= new();
        RecordPages.CheckPageSize(query.PageSize);
        var masked = query with { Name = Services.Masker.ApplyTo(query.Name) };
        var pages = RecordPages.ReadAllAsync(next =>
            Records
                .QueryStepsAsync(_session.Id, masked, next, cancellationToken)
                .OfSessionAsync(Services.Storage, _session.Id, cancellationToken)
        );
        await foreach (var step in pages.ConfigureAwait(false))
            yield return step;
    }

    /// <summary>
    /// Sums up what a step took, with the steps within it; of those that another step around them ran first, nothing. Reads the list of the
    /// session's steps, and of its responses where there are steps within.
    /// </summary>
    /// <exception cref="NotFoundException">The session has none with that key.</exception>
    public async Task<StepTotals> GetTotalsAsync(ContentDigest key, CancellationToken cancellationToken = default)
    {
        await GetAsync(key, cancellationToken).ConfigureAwait(false);
        var tally = new StepTally(only: key);
        await foreach (var step in ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
            tally.Add(step);
        var query = new ResponseQuery { StepKey = tally.HasSteps(within: key) ? null : key };
        await foreach (var response in _responses.ListAsync(query, cancellationToken).ConfigureAwait(false))
            tally.Add(response);
        return tally.Totals.Single();
    }

    /// <summary>Reads an input that was a value, as JSON.</summary>
    /// <exception cref="ArgumentException">It was an artifact: read that one.</exception>
    /// <exception cref="NotFoundException">It was not kept, see <see cref="StepInputRecord.IsKept"/>.</exception>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public async Task<JsonElement> ReadInputAsync(StepInputRecord input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.ArtifactId is { } id)
            throw new ArgumentException($"The input is the artifact '{id}'; read it with GetArtifactAsync.", nameof(input));
        ThrowIfClosed();
        if (!input.IsKept)
            throw new NotFoundException(
                $"The input {input.Digest} was not kept, only its digest: session '{_session.Id}' was open with SessionOptions.Capture = DigestsOnly."
            );
        return JsonElement.Parse((await Services.Storage.ReadAsync(input.Digest, cancellationToken).ConfigureAwait(false)).Span);
    }

    internal StepCall NewCall(string name, IReadOnlyList<StepInput> inputs, StepOptions? options)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options?.Check(nameof(options));
        ThrowIfClosed();
        return new(Services, _session, name, inputs, options ?? StepOptions.Default);
    }

    internal Task<StepResult<T>> RunAsync<T>(
        StepCall call,
        Func<CancellationToken, Task<T>> body,
        StepCodec<T> codec,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(body);
        return new StepRun<T>(this, call, codec, body).RunAsync(cancellationToken);
    }

    internal void CountReused() => Interlocked.Increment(ref _reused);

    internal void CountRun() => Interlocked.Increment(ref _run);

    internal void ThrowIfClosed() => _responses.ThrowIfClosed();
}
