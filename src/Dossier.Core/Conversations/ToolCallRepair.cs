using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A call of a function, or a request for approval, that nothing has answered so far.</summary>
/// <param name="Id">The id that an answer names.</param>
/// <param name="NeedsAnswer">Whether it must have one; what has been carried out already may, and need not.</param>
internal readonly record struct OpenCall(string Id, bool NeedsAnswer);

/// <summary>Follows which calls of functions have their results, message by message.</summary>
/// <param name="open">The calls without a result so far.</param>
internal sealed class ToolCallScan(IReadOnlyList<OpenCall> open)
{
    private List<OpenCall>? _open;

    public IReadOnlyList<OpenCall> Open => _open ?? open;

    /// <summary>Whether something is left out of what is sent: a result that nothing asked for, or an approval that may have been acted upon.</summary>
    public bool HasMoot { get; private set; }

    public void Add(ChatMessage message)
    {
        // Results come behind their calls, before anybody else speaks.
        if (message.Role == ChatRole.User && Open.Any(call => !call.NeedsAnswer))
            _open = [.. Open.Where(call => call.NeedsAnswer)];
        foreach (var content in message.Contents)
        {
            if (ToolCallRepair.Asks(content) is { } asked)
                (_open ??= [.. open]).Add(asked);
            else if (ToolCallRepair.Answers(content) is { } answered && !Remove(answered))
                HasMoot = true;
            HasMoot |= ToolCallRepair.Approves(content) is not null;
        }
    }

    private bool Remove(string id)
    {
        _open ??= [.. open];
        var place = _open.FindIndex(call => call.Id == id);
        if (place >= 0)
            _open.RemoveAt(place);
        return place >= 0;
    }
}

/// <summary>
/// Mends what is sent, never what is kept: vendors refuse a call of a function without its result, and a result without its call. A call that
/// has none gets one that says so, right after it; a request for approval that nobody answered is refused; a result or an approval that
/// answers nothing before it is left out, and so are the request and the approval of a call that has its result, which say nothing to a vendor
/// any more, and a message of which nothing remains.
/// </summary>
internal static class ToolCallRepair
{
    private const string NoResult = "[There is no result: the conversation went on without this call being carried out.]";

    /// <summary>What can be answered: a call, or a request for approval; null for what asks for nothing.</summary>
    public static OpenCall? Asks(AIContent content) =>
        content switch
        {
            // What was carried out already is told by this property.
            FunctionCallContent call => new(call.CallId, !call.InformationalOnly),
            ToolApprovalRequestContent request => new(request.RequestId, NeedsAnswer: true),
            _ => null,
        };

    public static string? Answers(AIContent content) =>
        content switch
        {
            FunctionResultContent result => result.CallId,
            ToolApprovalResponseContent response => response.RequestId,
            _ => null,
        };

    /// <summary>The id of the function's call that a request for approval, or its answer, is about; null for what is neither.</summary>
    public static string? Approves(AIContent content) =>
        content switch
        {
            ToolApprovalRequestContent { ToolCall: FunctionCallContent call } => call.CallId,
            ToolApprovalResponseContent { ToolCall: FunctionCallContent call } => call.CallId,
            _ => null,
        };

    /// <summary>The place of the earliest message with a call that is open and answered by what follows; the number of messages when there is none.</summary>
    public static int FindAnswered(IReadOnlyList<ChatMessage> messages, IReadOnlyList<OpenCall> open, IReadOnlyList<ChatMessage> following)
    {
        var place = messages.Count;
        HashSet<string> answered = [.. following.SelectMany(message => message.Contents).Select(Answers).OfType<string>()];
        answered.IntersectWith(open.Select(call => call.Id));
        while (answered.Count > 0 && place > 0)
            answered.ExceptWith(messages[--place].Contents.Select(content => Asks(content)?.Id).OfType<string>());
        return place;
    }

    /// <summary>The messages as they can be sent; the same objects where nothing is mended.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="following">What is sent behind them as it is, and may answer what they ask for.</param>
    public static List<ChatMessage> Mend(IReadOnlyList<ChatMessage> messages, IReadOnlyList<ChatMessage> following)
    {
        var (open, moot) = Match(messages.Concat(following));
        var mended = new List<ChatMessage>(messages.Count + 1);
        foreach (var message in messages)
        {
            var leftOut = message.Contents.Where(moot.Contains).ToList();
            if (leftOut.Count == 0)
                mended.Add(message);
            else if (leftOut.Count < message.Contents.Count)
            {
                var rest = message.Clone();
                rest.Contents = [.. message.Contents.Except(leftOut)];
                mended.Add(rest);
            }
            var unanswered = message.Contents.Where(open.Contains).ToList();
            if (unanswered.OfType<FunctionCallContent>().ToList() is { Count: > 0 } calls)
                mended.Add(new(ChatRole.Tool, [.. calls.Select(call => new FunctionResultContent(call.CallId, NoResult))]));
            if (unanswered.OfType<ToolApprovalRequestContent>().ToList() is { Count: > 0 } requests)
                mended.Add(new(ChatRole.User, [.. requests.Select(request => request.CreateResponse(approved: false))]));
        }
        return mended;
    }

    /// <summary>
    /// What must be answered and is not, and what is moot: the answers to nothing, and the approvals of calls that have their results. An answer
    /// belongs to the latest call of its id, since some vendors begin to count anew with each answer.
    /// </summary>
    private static (HashSet<AIContent> Open, HashSet<AIContent> Moot) Match(IEnumerable<ChatMessage> messages)
    {
        var asked = new Dictionary<string, Stack<AIContent>>();
        var approvals = new Dictionary<string, List<AIContent>>();
        var (open, moot) = (NewSet(), NewSet());
        foreach (var content in messages.SelectMany(message => message.Contents))
        {
            if (Approves(content) is { } callId)
            {
                if (!approvals.TryGetValue(callId, out var ofCall))
                    approvals.Add(callId, ofCall = []);
                ofCall.Add(content);
            }
            else if (content is FunctionResultContent result && approvals.Remove(result.CallId, out var settled))
            {
                moot.UnionWith(settled);
                open.ExceptWith(settled);
            }
            if (Asks(content) is { } call)
            {
                if (!asked.TryGetValue(call.Id, out var calls))
                    asked.Add(call.Id, calls = []);
                calls.Push(content);
                if (call.NeedsAnswer)
                    open.Add(content);
            }
            else if (Answers(content) is { } id && !(asked.TryGetValue(id, out var calls) && calls.TryPop(out var latest) && Close(latest)))
                moot.Add(content);
        }
        return (open, moot);

        bool Close(AIContent call)
        {
            open.Remove(call);
            return true;
        }

        static HashSet<AIContent> NewSet() => new(ReferenceEqualityComparer.Instance);
    }
}
