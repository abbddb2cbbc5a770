using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// The messages of a conversation up to a head, decoded. A value: going on makes another one, which shares the list as long as it is the
/// first to go on from here, so that a turn costs the same however long the conversation is.
/// </summary>
internal sealed class History
{
    private readonly SharedList _list;
    private readonly int _count;

    private History(SharedList list, int count) => (_list, _count) = (list, count);

    public static History Empty => new(new([]), 0);

    /// <summary>The last message; null when there is none.</summary>
    public MessageRecord? Last { get; private init; }

    /// <summary>The id of the last message; null when there is none.</summary>
    public MessageId? Head => Last?.Id;

    /// <summary>How many bytes the messages have, encoded.</summary>
    public long Bytes { get; private init; }

    /// <summary>The calls of functions that have no result yet.</summary>
    public IReadOnlyList<OpenCall> OpenCalls { get; private init; } = [];

    /// <summary>Whether something in it must not be sent, or may have to be left out: a result that no call asked for, or an approval.</summary>
    public bool HasMoot { get; private init; }

    /// <summary>The messages that hold images and files, by their place; they are read when they are sent.</summary>
    public IReadOnlyList<(int Index, ContentDigest Content)> WithData { get; private init; } = [];

    public int Count => _count;

    /// <summary>Whether all messages up to the head are here.</summary>
    public bool IsWhole => _count == (Head?.Depth ?? 0);

    /// <summary>The messages, oldest first, without images and files.</summary>
    public ArraySegment<ChatMessage> Messages => new(_list.Items, 0, _count);

    /// <summary>A history of which nothing is known but its last message.</summary>
    public static History EndingWith(MessageRecord head) => new(new([]), 0) { Last = head };

    /// <summary>The history with messages behind it.</summary>
    public History With(IReadOnlyList<(MessageRecord Record, ReadOnlyMemory<byte> Json)> messages)
    {
        if (messages.Count == 0)
            return this;
        var decoded = new ChatMessage[messages.Count];
        var bytes = Bytes;
        var calls = new ToolCallScan(OpenCalls);
        List<(int, ContentDigest)>? data = null;
        for (var i = 0; i < decoded.Length; i++)
        {
            var (record, json) = messages[i];
            decoded[i] = MessageEncoder.DecodeMessage(json);
            bytes += json.Length;
            calls.Add(decoded[i]);
            if (record.Data.Count > 0)
                (data ??= [.. WithData]).Add((_count + i, record.Content));
        }
        return new(_list.Append(_count, decoded), _count + decoded.Length)
        {
            Last = messages[^1].Record,
            Bytes = bytes,
            OpenCalls = calls.Open,
            HasMoot = HasMoot || calls.HasMoot,
            WithData = data ?? WithData,
        };
    }

    /// <summary>A list that several histories are the beginning of.</summary>
    private sealed class SharedList(ChatMessage[] items)
    {
        private readonly Lock _gate = new();
        private int _used = items.Length;

        public ChatMessage[] Items { get; } = items;

        /// <summary>Puts messages behind the first so many: here, where nobody has gone on from there and there is room, otherwise into a copy.</summary>
        public SharedList Append(int count, ChatMessage[] messages)
        {
            lock (_gate)
            {
                if (_used == count && count + messages.Length <= Items.Length)
                {
                    messages.CopyTo(Items, count);
                    _used += messages.Length;
                    return this;
                }
            }
            var copy = new ChatMessage[Math.Max(16, (count + messages.Length) * 2)];
            Array.Copy(Items, copy, count);
            messages.CopyTo(copy, count);
            return new(copy) { _used = count + messages.Length };
        }
    }
}

/// <summary>
/// The histories that were used last, of all sessions of a store, up to 64 MiB of encoded messages together. What is not here is read again,
/// and so is what another process has continued. Safe to use from several threads.
/// </summary>
internal sealed class HistoryCache
{
    private const long MostBytes = 64 * 1024 * 1024;

    // What a short message takes beside its text.
    private const int BytesPerMessage = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Session, string Conversation), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = [];
    private long _bytes;

    public History? Find(string sessionId, string conversation)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue((sessionId, conversation), out var node))
                return null;
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value.History;
        }
    }

    public void Put(string sessionId, string conversation, History history)
    {
        var entry = new Entry(sessionId, conversation, history, history.Bytes + ((long)history.Count * BytesPerMessage));
        lock (_gate)
        {
            if (_entries.Remove((sessionId, conversation), out var old))
                Remove(old);
            if (entry.Bytes > MostBytes)
                return;
            _entries.Add((sessionId, conversation), _byUse.AddLast(entry));
            _bytes += entry.Bytes;
            while (_bytes > MostBytes)
            {
                var oldest = _byUse.First!;
                _entries.Remove((oldest.Value.SessionId, oldest.Value.Conversation));
                Remove(oldest);
            }
        }
    }

    /// <summary>Lets go of all of them: what was erased is nowhere any more.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            _byUse.Clear();
            _bytes = 0;
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
    }

    private sealed record Entry(string SessionId, string Conversation, History History, long Bytes);
}
