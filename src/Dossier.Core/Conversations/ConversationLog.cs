using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>The conversations of a session. Safe to use from several threads.</summary>
public sealed class ConversationLog
{
    private const int PageSize = 200;

    private readonly Session _session;
    private readonly StoreServices _services;
    private readonly ConcurrentDictionary<string, Conversation> _conversations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Conversation> _admitted = new(StringComparer.Ordinal);

    internal ConversationLog(Session session, StoreServices services) => (_session, _services) = (session, services);

    /// <summary>The conversation of a name, which may not exist yet: its first turn makes it. Reads nothing; the same name gives the same object.</summary>
    /// <param name="name">1 to 1,024 characters, no control characters; data, never a path. Keys and tokens in it are masked.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public Conversation Get(string name)
    {
        Identifiers.CheckName(name, nameof(name));
        var redactions = new RedactionTally();
        var masked = _services.Masker.Apply(name, redactions, RedactedPart.Name);
        Log.Redacted(_services.Logger, _session.Id, "the name of a conversation", redactions.Redactions);
        return _conversations.GetOrAdd(masked, static (name, self) => new(self._session, self._services, name), this);
    }

    /// <summary>Lists the conversations in which something was said, by name.</summary>
    /// <param name="cancellationToken">Stops the list.</param>
    /// <exception cref="NotFoundException">The session was purged or erased.</exception>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public async IAsyncEnumerable<ConversationInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _session.Responses.ThrowIfClosed();
        var pages = RecordPages.ReadAllAsync(next =>
            _services
                .Storage.Records.QueryConversationsAsync(_session.Id, PageSize, next, cancellationToken)
                .OfSessionAsync(_services.Storage, _session.Id, cancellationToken)
        );
        await foreach (var conversation in pages.ConfigureAwait(false))
            yield return conversation;
    }

    /// <summary>Makes a conversation known that another object of this session has, so that calls of this one's clients may begin it.</summary>
    internal void Admit(Conversation conversation) => _admitted[conversation.Name] = conversation;

    /// <summary>Begins a turn where the options of a call name a conversation of this session.</summary>
    /// <param name="options">The options.</param>
    /// <param name="fresh">The messages of the call.</param>
    /// <param name="isOwnClient">Whether the client is the caller's own, which may keep conversations itself: an id that is none of this session's is then left to it.</param>
    /// <param name="cancellationToken">Stops the reads.</param>
    /// <returns>The turn; null when the call belongs to no conversation.</returns>
    /// <exception cref="NotFoundException">The session has no such conversation, and its client keeps none.</exception>
    internal async ValueTask<ConversationTurn?> BeginTurnAsync(
        ChatOptions? options,
        IReadOnlyList<ChatMessage> fresh,
        bool isOwnClient,
        CancellationToken cancellationToken
    )
    {
        if (options?.ConversationId is not { Length: > 0 } id)
            return null;
        var name = _services.Masker.Apply(id);
        var (own, admitted) = (_conversations.GetValueOrDefault(name), _admitted.GetValueOrDefault(name));
        if (
            (own ?? admitted) is null
            && await _services.Storage.Records.GetConversationAsync(_session.Id, name, cancellationToken).ConfigureAwait(false) is null
        )
            return isOwnClient
                ? null
                : throw new NotFoundException(
                    $"Session '{_session.Id}' has no conversation '{name}', which ChatOptions.ConversationId names. Begin it with session.Conversation(\"{name}\"). A conversation that the vendor keeps can be named with a client of your own, through session.Track."
                );
        return await ConversationTurn
            .BeginAsync(_services, _session.Id, name, own?.Reducer ?? admitted?.Reducer, fresh, cancellationToken)
            .ConfigureAwait(false);
    }
}

/// <summary>Short forms of <see cref="Session.Conversations"/>.</summary>
public static class ConversationExtensions
{
    /// <summary>A conversation of the session, which may not exist yet: its first turn makes it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="name">Its name; the default one when left out.</param>
    /// <inheritdoc cref="ConversationLog.Get"/>
    public static Conversation Conversation(this Session session, string name = Dossier.Conversation.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.Conversations.Get(name);
    }
}
