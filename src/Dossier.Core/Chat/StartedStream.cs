using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// A stream that has been read up to its first content. Until there it can be given up and begun anew, on the same model or on another one,
/// without anybody having seen it.
/// </summary>
internal sealed class StartedStream
{
    private readonly IAsyncEnumerator<ChatResponseUpdate> _updates;
    private readonly List<ChatResponseUpdate> _heldBack;
    private readonly bool _isAtEnd;

    private StartedStream(IAsyncEnumerator<ChatResponseUpdate> updates, List<ChatResponseUpdate> heldBack, bool isAtEnd) =>
        (_updates, _heldBack, _isAtEnd) = (updates, heldBack, isAtEnd);

    /// <summary>Opens a stream; what it throws before its first content is thrown here.</summary>
    public static async Task<StartedStream> OpenAsync(IAsyncEnumerable<ChatResponseUpdate> stream, CancellationToken cancellationToken)
    {
        var updates = stream.GetAsyncEnumerator(cancellationToken);
        var heldBack = new List<ChatResponseUpdate>(2);
        try
        {
            while (await updates.MoveNextAsync().ConfigureAwait(false))
            {
                heldBack.Add(updates.Current);
                if (updates.Current.HasContent())
                    return new(updates, heldBack, isAtEnd: false);
            }
            return new(updates, heldBack, isAtEnd: true);
        }
        catch
        {
            await updates.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>All of the stream, from its beginning. To be read once, and to its end or disposed.</summary>
    public async IAsyncEnumerable<ChatResponseUpdate> ReadAsync()
    {
        await using (_updates.ConfigureAwait(false))
        {
            foreach (var update in _heldBack)
                yield return update;
            while (!_isAtEnd && await _updates.MoveNextAsync().ConfigureAwait(false))
                yield return _updates.Current;
        }
    }
}
