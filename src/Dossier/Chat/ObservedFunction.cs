using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A function that a client of the caller's own invokes, entered into the record of the call that it belongs to.</summary>
internal sealed class ObservedFunction(AIFunction function, TrackedCall call, TimeProvider time) : DelegatingAIFunction(function)
{
    /// <summary>The options of a call whose functions are seen, where the client invokes functions; otherwise the same options.</summary>
    public static ChatOptions? In(IChatClient client, ChatOptions? options, TrackedCall call, StoreServices services)
    {
        if (options?.Tools?.Any(tool => tool is AIFunction) is not true || client.GetService<FunctionInvokingChatClient>() is null)
            return options;
        var own = options.Clone();
        own.Tools =
        [
            .. options.Tools.Select(tool => tool is AIFunction function ? new ObservedFunction(function, call, services.Time) : tool),
        ];
        return own;
    }

    protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var context = FunctionInvokingChatClient.CurrentContext;
        return call.InvokeToolAsync(
            context?.Iteration + 1 ?? 0,
            context?.CallContent.CallId ?? "",
            Name,
            () => ToolPatience.WaitAsync(base.InvokeCoreAsync(arguments, cancellationToken), time, cancellationToken),
            cancellationToken
        );
    }
}
