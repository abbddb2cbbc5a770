using System.Runtime.CompilerServices;
using System.Text.Json;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>The responses of a session. Safe to use from several threads.</summary>
public sealed class ResponseLog
{
    private readonly StoreServices _services;
    private readonly DateTimeOffset _sessionCreatedAt;
    private readonly bool _isNew;
    private readonly RecentTexts _texts = new();
    private volatile bool _closed;

    internal ResponseLog(StoreServices services, SessionInfo session, string? applicationVersion, bool isNew)
    {
        (_services, ApplicationVersion, _isNew) = (services, applicationVersion, isNew);
        (SessionId, _sessionCreatedAt) = (session.Id, session.CreatedAt);
    }

    internal string SessionId { get; }

    /// <summary>The version of the application, for responses that do not say.</summary>
    internal string? ApplicationVersion { get; }

    private IRecordStore Records
    {
        get
        {
            ThrowIfClosed();
            return _services.Storage.Records;
        }
    }

    /// <summary>Records a response of your own, of an operation that did not go through one of the session's chat clients.</summary>
    /// <param name="key">What it is known by. A repeated key appends; <see cref="FindAsync"/> returns the latest.</param>
    /// <param name="response">
    /// What is known of it. Its cost is computed when it has usage, provider and model but no cost. Keys and tokens in its
    /// metadata and error are masked.
    /// </param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    /// <returns>The response as it was recorded, with its id.</returns>
    /// <exception cref="ArgumentException">The key or a metadata value is not valid.</exception>
    /// <exception cref="StorageException">The store could not write.</exception>
    public async Task<TrackedResponse> TrackAsync(string key, TrackedResponse response, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(response);
        Identifiers.CheckName(key, nameof(key));
        var masker = _services.Masker;
        var tally = new RedactionTally();
        var metadata = MetadataValues.ToJson(response.Metadata, masker, tally);
        var now = _services.Time.GetRecordTime();
        var step = StepScope.Of(_services.Storage, SessionId);
        var masked = Masked(response with { ApplicationVersion = response.ApplicationVersion ?? ApplicationVersion }, mayFail: true);
        var record = masked with
        {
            Id = Identifiers.NewRecordId(now),
            SessionId = SessionId,
            Key = masker.Apply(key, tally, RedactedPart.Name),
            StepKey = step?.Key,
            StepAttempt = step?.Fence ?? 0,
            TraceId = Id(response.TraceId),
            SpanId = Id(response.SpanId),
            InputArtifacts = [.. response.InputArtifacts.Select(id => Id(id)!)],
            OutputArtifacts = [.. response.OutputArtifacts.Select(id => Id(id)!)],
            StartedAt = response.StartedAt == default ? now : response.StartedAt.ToRecordTime(),
            Cost = response.Cost ?? CostOf(response.Provider, response.ServedModel, response.RequestedModel, response.Usage),
            Metadata = metadata.ToDictionary(pair => pair.Key, pair => (object?)pair.Value),
            Redactions = RedactionTally.Sum(masked.Redactions, tally.Redactions),
        };
        // What was called elsewhere was spent all the same.
        var spent = new BudgetAmount
        {
            Cost = Spending.InUsd(record.Cost),
            Tokens = record.Usage?.Total ?? 0,
            Calls = record.Provider is null ? 0 : 1,
        };
        var result = await CommitAsync(record, new(_services.Storage), spent, amend: null, cancellationToken).ConfigureAwait(false);
        Log.Redacted(_services.Logger, record);
        return record with { Sequence = result.ResponseSequences[0] };

        // Their digits are not what a redactor looks for.
        string? Id(string? id) => id is null ? null : SecretMasker.ApplyShapes(id, tally, RedactedPart.Name);
    }

    /// <summary>The latest response under a key, or null.</summary>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    public async Task<TrackedResponse?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return await Records
            .FindResponseAsync(SessionId, _services.Masker.Apply(key), cancellationToken)
            .OfSessionAsync(_services.Storage, SessionId, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>A response by its id.</summary>
    /// <exception cref="NotFoundException">The session has none with that id, or was purged or erased.</exception>
    public async Task<TrackedResponse> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return await Records
                .GetResponseAsync(SessionId, id, cancellationToken)
                .OfSessionAsync(_services.Storage, SessionId, cancellationToken)
                .ConfigureAwait(false)
            ?? throw new NotFoundException(
                $"Session '{SessionId}' has no response with the id '{id}'; list what it has with Responses.ListAsync."
            );
    }

    /// <summary>Lists the responses of the session.</summary>
    /// <param name="query">Which ones, in which order; null for all, oldest first.</param>
    /// <param name="cancellationToken">Stops the list.</param>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    public async IAsyncEnumerable<TrackedResponse> ListAsync(
        ResponseQuery? query = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        query ??= new();
        RecordPages.CheckPageSize(query.PageSize);
        var masked = query with { Key = _services.Masker.ApplyTo(query.Key) };
        var pages = RecordPages.ReadAllAsync(next =>
            Records
                .QueryResponsesAsync(SessionId, masked, next, cancellationToken)
                .OfSessionAsync(_services.Storage, SessionId, cancellationToken)
        );
        await foreach (var response in pages.ConfigureAwait(false))
            yield return response;
    }

    /// <summary>Reads the messages that a call sent, in order, with their images and files; what was sent of its conversation included.</summary>
    /// <exception cref="NotFoundException">They were not kept, see <see cref="TrackedResponse.Capture"/>; or the session was purged or erased.</exception>
    /// <exception cref="StorageException">A message is missing or cannot be read.</exception>
    public Task<IReadOnlyList<ChatMessage>> ReadRequestAsync(TrackedResponse response, CancellationToken cancellationToken = default) =>
        ReadSentAsync(response, cancellationToken).OfSessionAsync(_services.Storage, SessionId, cancellationToken);

    /// <summary>Reads the options and tools that a call sent, as JSON, or null when there were none.</summary>
    /// <exception cref="NotFoundException">They were not kept, see <see cref="TrackedResponse.Capture"/>; or the session was purged or erased.</exception>
    /// <exception cref="StorageException">They are missing or cannot be read.</exception>
    public Task<JsonElement?> ReadOptionsAsync(TrackedResponse response, CancellationToken cancellationToken = default) =>
        ReadSentOptionsAsync(response, cancellationToken).OfSessionAsync(_services.Storage, SessionId, cancellationToken);

    /// <summary>Reads the messages that came back; of a failed or cancelled stream the part that had arrived; none when nothing came.</summary>
    /// <exception cref="NotFoundException">They were not kept, see <see cref="TrackedResponse.Capture"/>; or the session was purged or erased.</exception>
    /// <exception cref="StorageException">They are missing or cannot be read.</exception>
    public Task<IReadOnlyList<ChatMessage>> ReadMessagesAsync(TrackedResponse response, CancellationToken cancellationToken = default) =>
        ReadAnswerAsync(response, cancellationToken).OfSessionAsync(_services.Storage, SessionId, cancellationToken);

    /// <summary>Writes a response, new or replaced, with the content that it names.</summary>
    /// <param name="record">The response, as <see cref="Masked(TrackedResponse)"/> returns it.</param>
    /// <param name="contents">The content.</param>
    /// <param name="spent">What was spent that nothing was held for.</param>
    /// <param name="amend">Adds to the commit what has to be written with it or not at all.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    internal ValueTask<CommitResult> CommitAsync(
        TrackedResponse record,
        CommitContents contents,
        BudgetAmount spent,
        Func<SessionCommit, SessionCommit>? amend,
        CancellationToken cancellationToken
    )
    {
        var now = _services.Time.GetRecordTime();
        var commit = new SessionCommit
        {
            // What is committed first has the response's own id, so that a store need not keep it beside the response.
            CommitId = IsBeginning(record) ? Guid.ParseExact(record.Id, "N") : Identifiers.NewGuid(now),
            SessionId = SessionId,
            SessionCreatedAt = _sessionCreatedAt,
            At = now,
            Contents = contents.Entries,
            Responses = [record],
            Settlements = spent == BudgetAmount.Nothing ? [] : [new() { Amount = spent }],
        };
        return contents.CommitAsync(amend is null ? commit : amend(commit), cancellationToken);
    }

    private async Task<IReadOnlyList<ChatMessage>> ReadSentAsync(TrackedResponse response, CancellationToken cancellationToken)
    {
        ThrowIfNotKept(response);
        var digests = await SentHistory.ReadAsync(Records, SessionId, response.Conversation, cancellationToken).ConfigureAwait(false);
        digests.AddRange(response.RequestMessages);
        var messages = new List<ChatMessage>(digests.Count);
        foreach (var json in await _services.Storage.ReadJsonAsync(digests, cancellationToken).ConfigureAwait(false))
            messages.Add(await _services.Storage.DecodeAsync(json, cancellationToken).ConfigureAwait(false));
        return messages;
    }

    private async Task<JsonElement?> ReadSentOptionsAsync(TrackedResponse response, CancellationToken cancellationToken)
    {
        ThrowIfNotKept(response);
        return response.RequestOptions is { } digest
            ? JsonElement.Parse((await _services.Storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false)).Span)
            : null;
    }

    private async Task<IReadOnlyList<ChatMessage>> ReadAnswerAsync(TrackedResponse response, CancellationToken cancellationToken)
    {
        ThrowIfNotKept(response);
        var messages = new List<ChatMessage>(response.ResponseMessages.Count);
        foreach (var digest in response.ResponseMessages)
            messages.AddRange(
                MessageEncoder.DecodeMessages(await _services.Storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false))
            );
        return await RestoredAsync(messages, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether it is a call whose first attempt is about to leave; a commit of that is made again only when it failed.</summary>
    private static bool IsBeginning(TrackedResponse record) =>
        record is { Outcome: ResponseOutcome.InProgress, Attempts: [{ Outcome: AttemptOutcome.InProgress }], ToolCalls: [] };

    /// <summary>What usage costs at the price of the model that answered, else of the one that was asked for; null when neither is known.</summary>
    internal Cost? CostOf(string? provider, string? servedModel, string? requestedModel, TokenUsage? usage)
    {
        if (usage is null || provider is null)
            return null;
        var price =
            (servedModel is null ? null : _services.Models.Get(provider, servedModel)?.Price)
            ?? (requestedModel is null ? null : _services.Models.Get(provider, requestedModel)?.Price);
        return price?.CostOf(usage);
    }

    internal void Close() => _closed = true;

    internal void ThrowIfClosed() => ThrowIfClosed(_closed);

    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    internal void ThrowIfClosed(bool isClosed)
    {
        if (isClosed)
            throw new ObjectDisposedException(
                typeof(Session).FullName,
                $"Session '{SessionId}' was disposed, and is closed. Open it again with SessionOptions.SessionId = \"{SessionId}\", and dispose it after its last use."
            );
    }

    /// <summary>Notes that a text is the answer of a response.</summary>
    internal void Remember(ContentDigest text, string responseId) => _texts.Add(text, responseId);

    /// <summary>The latest response of this session whose answer the text is; null when none is.</summary>
    internal async ValueTask<string?> ProducerOfAsync(ContentDigest text, CancellationToken cancellationToken)
    {
        if (_texts.Find(text) is { } recent)
            return recent;
        // Of a session that began here, everything is remembered until that becomes too much.
        if (_isNew && _texts.HasAll)
            return null;
        var query = new ResponseQuery
        {
            TextDigest = text,
            Order = RecordOrder.NewestFirst,
            PageSize = 1,
        };
        var page = await Records.QueryResponsesAsync(SessionId, query, null, cancellationToken).ConfigureAwait(false);
        return page.Items is [var response] ? response.Id : null;
    }

    /// <summary>
    /// A vendor may echo a key in any text that it sends. What is masked is counted in the record that is returned. Of a call, nothing must be
    /// lost because a redactor fails at what the answer is called: a note stands for it.
    /// </summary>
    internal TrackedResponse Masked(TrackedResponse record) => Masked(record, mayFail: false);

    private TrackedResponse Masked(TrackedResponse record, bool mayFail)
    {
        var masker = _services.Masker;
        var tally = new RedactionTally();
        var provider = Name(record.Provider);
        var requested = Name(record.RequestedModel);
        var served = Name(record.ServedModel);
        var finish = Name(record.FinishReason);
        var version = Name(record.ApplicationVersion);
        // Where a process says who it is, others look it up by that.
        var process = record.Process == ProcessOwner.Current ? record.Process : Name(record.Process);
        var error = record.Error?.Masked(masker, tally);
        var attempts = Masked(record.Attempts, tally, static (attempt, masker, tally) => attempt.Masked(masker, tally));
        var tools = Masked(record.ToolCalls, tally, static (call, masker, tally) => call.Masked(masker, tally));
        // Nearly all have nothing that is masked.
        return
            ReferenceEquals(provider, record.Provider)
            && ReferenceEquals(requested, record.RequestedModel)
            && ReferenceEquals(served, record.ServedModel)
            && ReferenceEquals(finish, record.FinishReason)
            && ReferenceEquals(version, record.ApplicationVersion)
            && ReferenceEquals(process, record.Process)
            && ReferenceEquals(error, record.Error)
            && ReferenceEquals(attempts, record.Attempts)
            && ReferenceEquals(tools, record.ToolCalls)
            ? record
            : record with
            {
                Provider = provider,
                RequestedModel = requested,
                ServedModel = served,
                FinishReason = finish,
                ApplicationVersion = version,
                Process = process,
                Error = error,
                Attempts = attempts,
                ToolCalls = tools,
                Redactions = RedactionTally.Sum(record.Redactions, tally.Redactions),
            };

        string? Name(string? text) =>
            mayFail ? masker.ApplyTo(text, tally, RedactedPart.Name) : masker.ApplyOrNote(text, tally, RedactedPart.Name);
    }

    private static void ThrowIfNotKept(TrackedResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (response.Capture is Capture.DigestsOnly)
            throw new NotFoundException(
                $"The texts of response '{response.Id}' of session '{response.SessionId}' were not kept, only their digests: the session was open with SessionOptions.Capture = DigestsOnly. Open it with Full to keep what is sent from then on."
            );
    }

    private IReadOnlyList<T> Masked<T>(IReadOnlyList<T> all, RedactionTally tally, Func<T, SecretMasker, RedactionTally, T> mask)
        where T : class
    {
        T[]? changed = null;
        for (var i = 0; i < all.Count; i++)
        {
            var masked = mask(all[i], _services.Masker, tally);
            if (!ReferenceEquals(masked, all[i]))
                (changed ??= [.. all])[i] = masked;
        }
        return changed ?? all;
    }

    private async Task<IReadOnlyList<ChatMessage>> RestoredAsync(List<ChatMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages)
            await DataReference.RestoreAsync(message, _services.Storage, cancellationToken).ConfigureAwait(false);
        return messages;
    }
}
