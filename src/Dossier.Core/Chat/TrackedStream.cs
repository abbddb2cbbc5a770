using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// A stream of which every enumeration is a call that is recorded. By hand, because all updates come through here: an async iterator would
/// cost each of them as much as the vendor's own. Those that are there already are passed on as they are; only what has to be waited for, and
/// the beginning and the end of the stream, are asynchronous.
/// </summary>
/// <param name="begin">Begins a call.</param>
/// <param name="cancellationToken">The token that the stream was asked for with.</param>
internal sealed class TrackedStream(Func<CancellationToken, ValueTask<BegunCall>> begin, CancellationToken cancellationToken)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken readersToken = default) =>
        new Reader(begin, cancellationToken, readersToken);

    private sealed class Reader : IAsyncEnumerator<ChatResponseUpdate>
    {
        private readonly Func<CancellationToken, ValueTask<BegunCall>> _begin;
        private readonly CancellationTokenSource? _both;
        private readonly CancellationToken _cancellationToken;
        private readonly StreamedAnswer _answer = new();
        private BegunCall _begun;
        private IAsyncEnumerator<ChatResponseUpdate>? _updates;
        private bool _hasContent;
        private bool _isWaiting;
        private bool _isOver;

        public Reader(Func<CancellationToken, ValueTask<BegunCall>> begin, CancellationToken callers, CancellationToken readers)
        {
            _begin = begin;
            if (callers.CanBeCanceled && readers.CanBeCanceled && callers != readers)
                _both = CancellationTokenSource.CreateLinkedTokenSource(callers, readers);
            _cancellationToken = _both?.Token ?? (callers.CanBeCanceled ? callers : readers);
        }

        public ChatResponseUpdate Current { get; private set; } = null!;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_updates is not { } updates || _begun.Span is not null)
                return _isOver ? new(false) : MoveAsync();
            try
            {
                var next = updates.MoveNextAsync();
                if (!next.IsCompletedSuccessfully)
                    return GoOnAsync(next);
                if (!next.Result)
                    return GoOnAsync(new(false));
                Take(updates.Current);
                return new(true);
            }
            catch (Exception e)
            {
                return GoOnAsync(ValueTask.FromException<bool>(e));
            }
        }

        /// <summary>A reader that leaves before the end ends the call; what it was given so far is kept.</summary>
        public async ValueTask DisposeAsync()
        {
            if (_isWaiting)
                throw new NotSupportedException("A stream cannot be disposed while its next update is awaited.");
            if (_isOver)
                return;
            _isOver = true;
            try
            {
                // First, because the vendor goes on counting tokens until it is told.
                if (_updates is not null)
                    await _updates.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                if (_begun.Call is { } call)
                    await call.LeaveAsync(_answer.ToChatResponse()).ConfigureAwait(false);
                Release();
            }
        }

        /// <summary>Begins the call, or goes on where the flow is to be that of its span.</summary>
        private async ValueTask<bool> MoveAsync()
        {
            if (_begun.Call is null)
                await BeginAsync().ConfigureAwait(false);
            // What comes between two updates is the reader's.
            if (_begun.Span is { } span)
                Activity.Current = _begun.Attempt ?? span;
            ValueTask<bool> next;
            try
            {
                next = (_updates ??= _begun.Open(_cancellationToken)).MoveNextAsync();
            }
            catch (Exception e)
            {
                next = ValueTask.FromException<bool>(e);
            }
            return await GoOnAsync(next).ConfigureAwait(false);
        }

        private async ValueTask BeginAsync()
        {
            _isWaiting = true;
            try
            {
                _begun = await _begin(_cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                _isOver = true;
                Release();
                throw;
            }
            finally
            {
                _isWaiting = false;
            }
        }

        /// <summary>Takes the next update when it comes; else the stream has ended, well or not.</summary>
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> GoOnAsync(ValueTask<bool> next)
        {
            _isWaiting = true;
            try
            {
                if (await next.ConfigureAwait(false))
                {
                    Take(_updates!.Current);
                    return true;
                }
            }
            catch (Exception e)
            {
                _isOver = true;
                await _begun.Call.FailAsync(e, _answer.ToChatResponse(), _cancellationToken).ConfigureAwait(false);
                throw;
            }
            finally
            {
                _isWaiting = false;
                if (_isOver)
                    await CloseAsync().ConfigureAwait(false);
            }
            _isOver = true;
            try
            {
                await _begun.Call.SucceedAsync(_answer.ToChatResponse()).ConfigureAwait(false);
            }
            finally
            {
                await CloseAsync().ConfigureAwait(false);
            }
            return false;
        }

        /// <summary>What is kept of an update is taken now: from here on it is the reader's, who may change it.</summary>
        private void Take(ChatResponseUpdate update)
        {
            if (_begun.Conversation is { } conversation)
            {
                // In a copy: inside, the model is to be sent the history with the results of its tools, and not the results alone.
                update = update.Clone();
                update.ConversationId = conversation;
            }
            _answer.Add(update);
            if (!_hasContent && update.HasContent())
            {
                _hasContent = true;
                _begun.Call.SawContent();
            }
            Current = update;
        }

        private async ValueTask CloseAsync()
        {
            try
            {
                if (_updates is not null)
                    await _updates.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                Release();
            }
        }

        private void Release()
        {
            _updates = null;
            _begun.Attempt?.Dispose();
            _begun.Span?.Dispose();
            _both?.Dispose();
        }
    }
}
