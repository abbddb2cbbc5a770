using System.Runtime.CompilerServices;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// A conversation of a session: messages that build on one another and are kept for good, with a head from which the next turn continues. It
/// is a tree: what is undone, and what loses against a turn that came first, stays as a branch. Safe to use from several threads and
/// processes; two turns at once are two branches, and the second learns so by <see cref="ConversationConflictException"/>.
/// </summary>
public sealed class Conversation
{
    /// <summary>The name of the conversation that is meant when none is named: <c>default</c>.</summary>
    public const string DefaultName = "default";

    private const int PageSize = 200;

    private readonly Session _session;
    private readonly StoreServices _services;

    internal Conversation(Session session, StoreServices services, string name) => (_session, _services, Name) = (session, services, name);

    /// <summary>The name, unique in the session; keys and tokens in it are masked.</summary>
    public string Name { get; }

    /// <summary>
    /// Trims what is sent of the messages before a turn; what is kept stays whole. The messages of the turn itself are always sent, with the calls
    /// of tools that they answer. It is given copies, with their images and files, which it may change; what it makes is kept with the response. It
    /// is not kept with the conversation: set it wherever the session is opened. Null sends everything.
    /// </summary>
    /// <value>Null by default.</value>
    public IChatReducer? Reducer { get; set; }

    private IRecordStore Records
    {
        get
        {
            _session.Responses.ThrowIfClosed();
            return _services.Storage.Records;
        }
    }

    /// <summary>Says something and gets the answer, with everything before it in mind. Message and answer are kept in one commit with the response.</summary>
    /// <param name="message">What the user says.</param>
    /// <param name="options">Options of the call; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call; a call that fails or is cancelled adds nothing to the conversation.</param>
    /// <exception cref="ConversationConflictException">Somebody else continued the conversation meanwhile; the answer is in the exception, and the turn is kept as a branch.</exception>
    /// <exception cref="ArgumentException">The options name another conversation.</exception>
    /// <exception cref="InvalidOperationException">The session keeps no texts (<see cref="Capture.DigestsOnly"/>).</exception>
    /// <exception cref="DossierException">The model could not answer, or the store could not be read or written.</exception>
    public Task<ChatResponse> SendAsync(string message, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        SendAsync(new ChatMessage(ChatRole.User, message), options, cancellationToken);

    /// <summary>The same for a message with a role, images, files or results of tools.</summary>
    /// <param name="message">The message.</param>
    /// <inheritdoc cref="SendAsync(string, ChatOptions?, CancellationToken)"/>
    public Task<ChatResponse> SendAsync(ChatMessage message, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return AsChatClient().GetResponseAsync([message], options, cancellationToken);
    }

    /// <summary>
    /// The same as a stream. The turn is kept when the stream has ended; a conflict is thrown behind the last update, so that the whole
    /// answer has been seen by then. Leaving the stream before the model has finished adds nothing to the conversation.
    /// </summary>
    /// <inheritdoc cref="SendAsync(string, ChatOptions?, CancellationToken)"/>
    public IAsyncEnumerable<ChatResponseUpdate> SendStreamingAsync(
        string message,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => SendStreamingAsync(new ChatMessage(ChatRole.User, message), options, cancellationToken);

    /// <summary>The same as a stream, for a message with a role, images, files or results of tools.</summary>
    /// <param name="message">The message.</param>
    /// <inheritdoc cref="SendStreamingAsync(string, ChatOptions?, CancellationToken)"/>
    public IAsyncEnumerable<ChatResponseUpdate> SendStreamingAsync(
        ChatMessage message,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(message);
        return AsChatClient().GetStreamingResponseAsync([message], options, cancellationToken);
    }

    /// <summary>
    /// The conversation as a chat client, for whatever takes one: it is given the new messages only, and each call is a turn. Disposing it
    /// does nothing.
    /// </summary>
    /// <param name="client">
    /// What answers: a client of this session, or one of your own, which is then tracked; null for the session's default model.
    /// </param>
    /// <exception cref="ArgumentException">Another session records the client's calls.</exception>
    /// <exception cref="ModelResolutionException">No client was given, and the session has no default model.</exception>
    public IChatClient AsChatClient(IChatClient? client = null)
    {
        var tracked = _session.Track(client ?? DefaultClient());
        tracked.GetRequiredService<TrackingChatClient>().Admit(this);
        return new ConversationChatClient(tracked, Name);
    }

    /// <summary>Appends messages without calling a model, for example instructions, or a conversation that was held elsewhere.</summary>
    /// <param name="messages">The messages, in order; at least one. Keys and tokens in them are masked.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    /// <returns>The id of the last one, which is the new head.</returns>
    /// <exception cref="ArgumentException">There is no message, or one is null.</exception>
    /// <exception cref="InvalidOperationException">The session keeps no texts (<see cref="Capture.DigestsOnly"/>).</exception>
    /// <exception cref="ConversationConflictException">Somebody else continued the conversation meanwhile; the messages are kept as a branch.</exception>
    /// <exception cref="StorageException">The store could not be read or written.</exception>
    public async Task<MessageId> AppendAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var records = Records;
        IReadOnlyList<ChatMessage> said = [.. messages];
        if (said.Count == 0)
            throw new ArgumentException("There is no message to append; pass at least one.", nameof(messages));
        if (said.Contains(null))
            throw new ArgumentException($"One of the {said.Count} messages to append is null; leave it out.", nameof(messages));
        var turn = await ConversationTurn.BeginAppendingAsync(_services, _session.Id, Name, cancellationToken).ConfigureAwait(false);
        var contents = new CommitContents(_services.Storage);
        var redactions = new RedactionTally();
        var encoder = new MessageEncoder(_services.Masker, RedactedPart.Request, redactions);
        foreach (var message in said)
        {
            var json = encoder.Encode(message);
            turn.Say(message, json, await contents.AddAsync(json, cancellationToken).ConfigureAwait(false));
        }
        foreach (var data in encoder.Data)
            await contents.AddAsync(data, cancellationToken).ConfigureAwait(false);
        var commit = NewCommit(turn.ToChange(responseId: null)) with { Contents = contents.Entries };
        var result = await contents.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        Log.Redacted(_services.Logger, _session.Id, $"conversation '{Name}'", redactions.Redactions);
        var (first, _, head) = result.Conversations[0];
        if (turn.End(result.Conversations[0]) is { } leaf)
            throw new ConversationConflictException(Name, leaf, head, response: null, responseId: null);
        return first!.Value with { Depth = first.Value.Depth + said.Count - 1 };
    }

    /// <summary>What is known of the conversation, its head above all; null when nothing has been said in it.</summary>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public async Task<ConversationInfo?> GetInfoAsync(CancellationToken cancellationToken = default) =>
        await Records
            .GetConversationAsync(_session.Id, Name, cancellationToken)
            .OfSessionAsync(_services.Storage, _session.Id, cancellationToken)
            .ConfigureAwait(false);

    /// <summary>Reads messages, page by page as they are consumed: by default all from the beginning to the head.</summary>
    /// <param name="query">Which ones, in which order; null for all up to the head, oldest first.</param>
    /// <param name="cancellationToken">Stops the reads.</param>
    /// <exception cref="ArgumentException">A bound of the query is not valid.</exception>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">A message is missing or cannot be read.</exception>
    public async IAsyncEnumerable<ConversationMessage> ReadAsync(
        MessageQuery? query = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        query ??= new();
        string? continuation = null;
        do
        {
            var page = await Records
                .QueryMessagesAsync(_session.Id, Name, query, continuation, cancellationToken)
                .OfSessionAsync(_services.Storage, _session.Id, cancellationToken)
                .ConfigureAwait(false);
            foreach (var message in await _services.Storage.DecodeAsync(page.Items, cancellationToken).ConfigureAwait(false))
                yield return message;
            continuation = page.Continuation;
        } while (continuation is not null);
    }

    /// <summary>Reads the last messages before the head, and nothing else.</summary>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="cancellationToken">Stops the reads.</param>
    /// <returns>At most so many, oldest first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">A message is missing or cannot be read.</exception>
    public async Task<IReadOnlyList<ConversationMessage>> ReadTailAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var query = new MessageQuery { Order = RecordOrder.NewestFirst, PageSize = Math.Min(count, PageSize) };
        var tail = await ReadAsync(query, cancellationToken).Take(count).ToListAsync(cancellationToken).ConfigureAwait(false);
        tail.Reverse();
        return tail;
    }

    /// <summary>Lists the branches, in the order in which they began.</summary>
    /// <param name="cancellationToken">Stops the list.</param>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public IAsyncEnumerable<ConversationBranch> ListBranchesAsync(CancellationToken cancellationToken = default) =>
        RecordPages.ReadAllAsync(next =>
            Records
                .QueryBranchesAsync(_session.Id, Name, PageSize, next, cancellationToken)
                .OfSessionAsync(_services.Storage, _session.Id, cancellationToken)
        );

    /// <summary>
    /// Makes a message the head, so that the next turn continues from it: one before the head to undo what came after it, the leaf of a
    /// branch to go on there. Nothing is deleted.
    /// </summary>
    /// <param name="message">The message; null for none, as if nothing had been said.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    /// <exception cref="NotFoundException">The conversation has no such message.</exception>
    /// <exception cref="ConflictException">Somebody else moved the head meanwhile (guard <c>conversation.head</c>); it stays where they set it.</exception>
    /// <exception cref="StorageException">The store could not be read or written.</exception>
    public async Task MoveHeadAsync(MessageId? message, CancellationToken cancellationToken = default)
    {
        var info = await GetInfoAsync(cancellationToken).ConfigureAwait(false);
        await MoveAsync(info?.Head, message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Moves the head back by whole turns: what was said and answered in one call, the calls of tools in between included, or what was
    /// appended together. Nothing is deleted: the turns stay as a branch.
    /// </summary>
    /// <param name="turns">How many, 1 or more; more than there are undoes all.</param>
    /// <param name="cancellationToken">Stops the write, until the store has taken it.</param>
    /// <returns>The new head; null when nothing is left.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    /// <inheritdoc cref="MoveHeadAsync(MessageId?, CancellationToken)" path="/exception[@cref='T:Dossier.ConflictException']"/>
    public async Task<MessageId?> UndoAsync(int turns = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(turns, 1);
        if (await GetInfoAsync(cancellationToken).ConfigureAwait(false) is not { Head: { } head })
            return null;
        MessageId? target = head;
        (string?, DateTimeOffset)? turn = null;
        var messages = RecordPages.ReadAllAsync(next =>
            Records.QueryMessagesAsync(_session.Id, Name, new() { Leaf = head, Order = RecordOrder.NewestFirst }, next, cancellationToken)
        );
        await foreach (var message in messages.ConfigureAwait(false))
        {
            var of = (message.ResponseId, message.CreatedAt);
            if (of != turn && turns-- == 0)
                break;
            (turn, target) = (of, message.Parent);
        }
        await MoveAsync(head, target, cancellationToken).ConfigureAwait(false);
        return target;
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private IChatClient DefaultClient()
    {
        try
        {
            return _session.GetChatClient();
        }
        catch (ModelResolutionException e) when (e.Model is null)
        {
            var message = $"{e.Message} Or give the conversation your own client with AsChatClient(client), and call that.";
            throw new ModelResolutionException(null, e.Candidates, message);
        }
    }

    private async Task MoveAsync(MessageId? from, MessageId? to, CancellationToken cancellationToken)
    {
        var change = new ConversationChange
        {
            Conversation = Name,
            ExpectedHead = from,
            Head = to,
        };
        var result = await Records.CommitAsync(NewCommit(change), cancellationToken).ConfigureAwait(false);
        if (!result.Conversations[0].HeadMoved)
            throw CommitGuards.HeadMoved(Name, from, result.Conversations[0].Head);
    }

    private SessionCommit NewCommit(ConversationChange change)
    {
        var now = _services.Time.GetRecordTime();
        return new()
        {
            CommitId = Identifiers.NewGuid(now),
            SessionId = _session.Id,
            SessionCreatedAt = _session.Info.CreatedAt,
            At = now,
            Conversations = [change],
        };
    }
}
