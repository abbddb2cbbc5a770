using System.Runtime.InteropServices;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// The record of a session from which the calls of another one are answered. It is read once; what is kept in memory of a call is what it is found
/// by and where it is, and no text. Safe to use from several threads.
/// </summary>
internal sealed class ReplaySource
{
    private readonly Lock _gate = new();

    // What the last attempt of a step was answered, for that is what its result was made of.
    private readonly Dictionary<(ContentDigest Request, bool IsWhole, ContentDigest? Step), StepAnswers> _inStep = [];
    private readonly Dictionary<(ContentDigest Request, bool IsWhole), List<ReplayOrigin>> _anywhere = [];
    private readonly Dictionary<(ContentDigest Request, bool IsWhole), ReplayOrigin> _unanswered = [];
    private readonly Dictionary<(ContentDigest Request, bool IsWhole, ContentDigest? Step, long StepAttempt), int> _given = [];
    private readonly HashSet<(ResponseOperation Operation, ModelReference Model)> _models = [];

    private ReplaySource(IStorage storage, string sessionId, ReplayMode mode, Cassette? cassette = null) =>
        (Storage, SessionId, Mode, Cassette) = (storage, sessionId, mode, cassette);

    /// <summary>The session; of a cassette, the name of its file.</summary>
    public string SessionId { get; }

    /// <summary>The cassette that it is; null for a session.</summary>
    public Cassette? Cassette { get; }

    public ReplayMode Mode { get; }

    public IStorage Storage { get; }

    /// <summary>Reads what a session is to be answered from; null when it replays nothing.</summary>
    /// <param name="services">The store.</param>
    /// <param name="options">The options of the session that replays.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="NotFoundException">There is no such session, it is in the trash, or it belongs to another owner.</exception>
    /// <exception cref="ReplaySourceException">Its texts are not kept.</exception>
    public static async Task<ReplaySource?> OpenAsync(StoreServices services, SessionOptions options, CancellationToken cancellationToken)
    {
        if (options.Cassette?.Replayed is { } cassette)
        {
            var storage = await CassetteStorage.LoadAsync(cassette, services.Time, cancellationToken).ConfigureAwait(false);
            return await ReadAsync(new(storage, cassette.Name, ReplayMode.Only, cassette), cancellationToken).ConfigureAwait(false);
        }
        if (options.ReplayFrom is not { } id)
            return options.Replay is null
                ? null
                : throw new ArgumentException(
                    "SessionOptions.Replay says how a session is replayed; set SessionOptions.ReplayFrom to the session, too.",
                    nameof(options)
                );
        Identifiers.CheckSessionId(id, nameof(SessionOptions.ReplayFrom));
        if (string.Equals(id, options.SessionId, StringComparison.Ordinal))
            throw new ArgumentException(
                $"Session '{id}' cannot be replayed into itself; leave SessionOptions.SessionId out, or use another one.",
                nameof(options)
            );
        var session =
            await services.Storage.Records.GetSessionAsync(id, cancellationToken).ConfigureAwait(false)
            ?? throw await services
                .Storage.NoSessionAsync(
                    id,
                    $"There is no session '{id}' in {services.Storage.Location} to replay; list what there is with SessionStore.ListSessionsAsync.",
                    cancellationToken
                )
                .ConfigureAwait(false);
        if (session.TrashedAt is not null)
            throw new NotFoundException(
                $"Session '{id}', which is to be replayed, is in the trash of {services.Storage.Location}. Restore it with SessionStore.RestoreSessionAsync."
            );
        if (!string.Equals(session.Owner, services.Masker.ApplyTo(options.Owner), StringComparison.Ordinal))
            throw new NotFoundException(
                $"Session '{id}', which is to be replayed, does not belong to the owner of this one. Set SessionOptions.Owner to its owner."
            );
        return await ReadAsync(new(services.Storage, id, options.Replay ?? ReplayMode.Cached), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What it is, as messages call it.</summary>
    public string Subject => Cassette is { } cassette ? $"Cassette '{cassette.Location}'" : $"Session '{SessionId}'";

    /// <summary>A recorded call, as messages call it.</summary>
    public string NameOf(ReplayOrigin origin)
    {
        var place = Cassette is { } cassette
            ? $"the call in line {cassette.Calls[CassetteStorage.NumberOf(origin.ResponseId) - 1].Line}"
            : $"response {origin.ResponseId}";
        return origin.ModelCall > 1 ? $"model call {origin.ModelCall} of {place}" : place;
    }

    /// <summary>The recorded model that a name can only mean; null when there is none, or there are several.</summary>
    /// <param name="operation">What it is used for.</param>
    /// <param name="model">The model, as <c>name</c> or <c>provider/name</c>; null for any.</param>
    /// <param name="provider">The provider; null for any.</param>
    public ModelReference? FindModel(ResponseOperation operation, string? model, string? provider)
    {
        var found = _models
            .Where(it =>
                it.Operation == operation
                && (string.IsNullOrWhiteSpace(provider) || it.Model.Provider.Equals(provider, StringComparison.OrdinalIgnoreCase))
                && (string.IsNullOrWhiteSpace(model) || it.Model.Model == model || it.Model.ToString() == model)
            )
            .Take(2)
            .ToList();
        return found is [var only] ? only.Model : null;
    }

    /// <summary>The next answer to a request; null when there is none, or all have been given.</summary>
    public ValueTask<ReplayedAnswer?> TakeAsync(LiveRequest request, CancellationToken cancellationToken)
    {
        return Next(request) is { } origin ? ReadAsync(origin) : default;

        async ValueTask<ReplayedAnswer?> ReadAsync(ReplayOrigin origin) =>
            await ReplayedAnswer.ReadAsync(Storage, origin, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Why there is no answer to a request.</summary>
    /// <returns>The reason, and a recorded call that is the same; null when none is.</returns>
    public (string Reason, ReplayOrigin? Same) WhyUnanswered(LiveRequest request)
    {
        if (_anywhere.TryGetValue((request.Identity, request.IsWhole), out var all))
        {
            var count = _inStep.TryGetValue((request.Identity, request.IsWhole, request.StepKey), out var own)
                ? own.Answers.Count
                : all.Count;
            return ($"It is recorded {(count == 1 ? "once" : $"{count} times")}, and every answer has been given", all[^1]);
        }
        if (_unanswered.TryGetValue((request.Identity, request.IsWhole), out var failed))
            return (
                request.Operation is ResponseOperation.Embedding
                    ? "The same request is recorded, but its vectors were not kept"
                    : "The same request is recorded, but it ended without an answer",
                failed
            );
        return ("It is not recorded", null);
    }

    private static async Task<ReplaySource> ReadAsync(ReplaySource source, CancellationToken cancellationToken)
    {
        await foreach (var call in new RecordedCalls(source.Storage, source.SessionId).ReadAsync(cancellationToken).ConfigureAwait(false))
            source.Add(call);
        return source;
    }

    private ReplayOrigin? Next(LiveRequest request)
    {
        if (!_anywhere.TryGetValue((request.Identity, request.IsWhole), out var answers))
            return null;
        // A step that was not recorded is answered with what is recorded elsewhere, and takes nothing from the steps that were.
        if (_inStep.TryGetValue((request.Identity, request.IsWhole, request.StepKey), out var own))
            answers = own.Answers;
        lock (_gate)
        {
            ref var given = ref CollectionsMarshal.GetValueRefOrAddDefault(
                _given,
                (request.Identity, request.IsWhole, request.StepKey, request.StepAttempt),
                out _
            );
            return given < answers.Count ? answers[given++] : null;
        }
    }

    private void Add(RecordedCall call)
    {
        var (identity, response) = (call.Identity, call.Response);
        var origin = new ReplayOrigin(SessionId, response.Id, call.ModelCall);
        _models.Add((response.Operation, new(response.Provider!, response.RequestedModel!)));
        if (call.IsCall)
            Add(isWhole: false);
        if (call.IsWhole)
            Add(isWhole: true);

        void Add(bool isWhole)
        {
            if (!call.HasAnswer)
            {
                _unanswered[(identity, isWhole)] = origin;
                return;
            }
            ref var all = ref CollectionsMarshal.GetValueRefOrAddDefault(_anywhere, (identity, isWhole), out _);
            (all ??= new(1)).Add(origin);
            ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(_inStep, (identity, isWhole, response.StepKey), out _);
            if (own is null || own.Attempt < response.StepAttempt)
                own = new(response.StepAttempt, new(1));
            if (own.Attempt == response.StepAttempt)
                own.Answers.Add(origin);
        }
    }

    private sealed record StepAnswers(long Attempt, List<ReplayOrigin> Answers);
}
