using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// Invokes the functions that a model calls, when a call brings any: the model calls of one question and answer are then one response. The
/// invoking client is to be had by <c>GetService&lt;FunctionInvokingChatClient&gt;()</c>, to set it up, and so that whoever looks for one
/// adds no second.
/// </summary>
/// <param name="innerClient">What makes one model call.</param>
/// <param name="time">The clock.</param>
internal sealed class FunctionChatClient(IChatClient innerClient, TimeProvider time) : DelegatingChatClient(innerClient)
{
    private readonly RecordedFunctions _functions = new(innerClient, time);

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        if (!Invokes(options))
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        var response = await _functions.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        var answered = new AnsweredCalls(CallOptions.CallOf(options));
        foreach (var message in response.Messages)
            answered.Saw(message.Contents);
        return response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var answered = Invokes(options) ? new AnsweredCalls(CallOptions.CallOf(options)) : null;
        var client = answered is null ? InnerClient : _functions;
        await foreach (var update in client.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
        {
            answered?.Saw(update.Contents);
            yield return update;
        }
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) => _functions.GetService(serviceType, serviceKey);

    private bool Invokes(ChatOptions? options) =>
        options?.Tools?.Any(tool => tool.GetService<AIFunction>() is not null) is true || _functions.AdditionalTools is { Count: > 0 };

    /// <summary>Enters every function into the record before it runs. Without loggers: they would be given arguments and results, which are content.</summary>
    private sealed class RecordedFunctions(IChatClient innerClient, TimeProvider time) : FunctionInvokingChatClient(innerClient)
    {
        protected override ValueTask<object?> InvokeFunctionAsync(FunctionInvocationContext context, CancellationToken cancellationToken)
        {
            var call = CallOptions.CallOf(context.Options);
            return call.InvokeToolAsync(
                call.Ledger.ModelCalls,
                context.CallContent.CallId,
                context.CallContent.Name,
                () => ToolPatience.WaitAsync(base.InvokeFunctionAsync(context, cancellationToken), time, cancellationToken),
                cancellationToken
            );
        }
    }

    /// <summary>Finds the calls that were answered although nothing was invoked: no tool has that name, or its use was refused.</summary>
    private sealed class AnsweredCalls(TrackedCall call)
    {
        private readonly Dictionary<string, string> _names = [];

        public void Saw(IEnumerable<AIContent> contents)
        {
            foreach (var content in contents)
            {
                if (content is FunctionCallContent asked)
                    _names[asked.CallId] = asked.Name;
                else if (content is FunctionResultContent result && _names.TryGetValue(result.CallId, out var name))
                    call.ToolAnswered(result.CallId, name);
            }
        }
    }
}
