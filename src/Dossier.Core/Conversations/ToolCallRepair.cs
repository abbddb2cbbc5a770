using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A call of a function, or a request for approval, that nothing has answered so far.</summary>
/// <param name="Id">The id that an answer names.</param>
/// <param name="NeedsAnswer">Whether it must have one; what has been carried out already may, and need not.</param>
/// <param name="IsPassed">Whether somebody has spoken since, so that an answer would come too late.</param>
internal readonly record struct OpenCall(string Id, bool NeedsAnswer, bool IsPassed = false);

/// <summary>Follows which calls of functions have their results, message by message.</summary>
/// <param name="open">The calls without a result so far.</param>
internal sealed class ToolCallScan(IReadOnlyList<OpenCall> open)
{
    private List<OpenCall>? _open;

    public IReadOnlyList<OpenCall> Open => _open ?? open;

    /// <summary>
    /// Whether something is not sent where it stands: a result that nothing asked for or that came late, or an approval that may have been acted upon.
    /// </summary>
    public bool HasMoot { get; private set; }

    public void Add(ChatMessage message)
    {
        // Results come behind their calls, before anybody else speaks.
        if (Open.Count > 0 && message.Role == ChatRole.User)
            _open = [.. Open.Where(call => call.NeedsAnswer)];
        if (Open.Count > 0 && ToolCallRepair.Speaks(message))
            _open = [.. Open.Select(call => call with { IsPassed = true })];
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
        var place = _open.FindLastIndex(call => call.Id == id);
        if (place < 0)
            return false;
        HasMoot |= _open[place].IsPassed;
        _open.RemoveAt(place);
        return true;
    }
}

/// <summary>
/// Mends what is sent, never what is kept: vendors refuse a call of a function without its result, and a result without its call. A call that
/// has none gets one that says so, right after it. There a result is put that came late; of one that the turn itself brings, the call is put right
/// before the turn instead. A request for approval that nobody answered is refused. A result or an approval that answers nothing before it is left
/// out, and so are a call that is made again and answered then, the request and the approval of a call that has its result, which say nothing to
/// a vendor any more, and a message of which nothing remains.
/// </summary>
internal static class ToolCallRepair
{
    private const string NoResult = "[There is no result: the conversation went on without this call being carried out.]";
    private const string Trimmed = "[The call was carried out. Its result is left out here.]";

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

    /// <summary>Whether a message says something of its own, so that results of calls before it cannot come behind it.</summary>
    public static bool Speaks(ChatMessage message) =>
        message.Role != ChatRole.Tool
        && message.Contents.Any(content => content is not FunctionCallContent && Answers(content) is null && Approves(content) is null);

    /// <summary>The calls of functions that have their results.</summary>
    public static HashSet<AIContent> CarriedOut(IReadOnlyList<ChatMessage> messages) => new Matches(messages, []).Answered;

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

    /// <summary>Whether messages cannot be sent behind others as these stand: calls stay open, or what was not to come any more has come.</summary>
    /// <param name="open">What is open of the others, in which nothing else has to be mended.</param>
    /// <param name="following">The messages.</param>
    public static bool IsNeeded(IReadOnlyList<OpenCall> open, IReadOnlyList<ChatMessage> following)
    {
        var answers = new ToolCallScan(open);
        foreach (var message in following)
            answers.Add(message);
        return answers.HasMoot || answers.Open.Any(call => call.NeedsAnswer && open.Any(before => before.Id == call.Id));
    }

    /// <summary>The messages as they can be sent; the same objects where nothing is mended.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="following">What is sent behind them as it is, and may answer what they ask for.</param>
    /// <param name="carriedOut">Calls that had their results before messages were taken out.</param>
    public static List<ChatMessage> Mend(
        IReadOnlyList<ChatMessage> messages,
        IReadOnlyList<ChatMessage> following,
        HashSet<AIContent> carriedOut
    )
    {
        var found = new Matches([.. messages, .. following], carriedOut);
        var fresh = following.SelectMany(message => message.Contents).ToHashSet(ReferenceEqualityComparer.Instance);
        // The model is to go on from a result of the turn, so that its call goes there; any other late result goes to its call. Of the turn's own
        // messages none is moved.
        var again = found.Late.Where(pair => fresh.Contains(pair.Value) && !fresh.Contains(pair.Key)).Select(pair => pair.Key).ToList();
        var late = found.Late.Where(pair => !fresh.Contains(pair.Value)).ToDictionary();
        found.Moot.UnionWith(late.Values);
        found.Moot.UnionWith(again);
        var mended = new List<ChatMessage>(messages.Count + 1);
        foreach (var message in messages)
        {
            var leftOut = message.Contents.Where(found.Moot.Contains).ToList();
            if (leftOut.Count == 0)
                mended.Add(message);
            else if (leftOut.Count < message.Contents.Count)
            {
                var rest = message.Clone();
                rest.Contents = [.. message.Contents.Except(leftOut)];
                mended.Add(rest);
            }
            AIContent[] results =
            [
                .. message
                    .Contents.OfType<FunctionCallContent>()
                    .Select(call => late.GetValueOrDefault(call) ?? Missing(call))
                    .OfType<AIContent>(),
            ];
            if (results.Length > 0)
                mended.Add(new(ChatRole.Tool, results));
            if (message.Contents.Where(found.Open.Contains).OfType<ToolApprovalRequestContent>().ToList() is { Count: > 0 } requests)
                mended.Add(new(ChatRole.User, [.. requests.Select(request => request.CreateResponse(approved: false))]));
        }
        if (again.Count > 0)
            mended.Add(
                messages.FirstOrDefault(message => message.Contents.SequenceEqual(again)) ?? new ChatMessage(ChatRole.Assistant, again)
            );
        return mended;

        FunctionResultContent? Missing(FunctionCallContent call) =>
            found.Open.Contains(call) ? new(call.CallId, carriedOut.Contains(call) ? Trimmed : NoResult) : null;
    }

    /// <summary>
    /// Which answer belongs to what: to the latest call of its id, since some vendors begin to count anew with each answer.
    /// </summary>
    private sealed class Matches
    {
        private readonly Dictionary<string, Stack<(AIContent Call, int Spoken)>> _asked = [];
        private readonly Dictionary<string, List<AIContent>> _approvals = [];
        private readonly List<FunctionCallContent> _calls = [];

        public Matches(IReadOnlyList<ChatMessage> messages, HashSet<AIContent> carriedOut)
        {
            var spoken = 0;
            foreach (var message in messages)
            {
                if (Speaks(message))
                    spoken++;
                foreach (var content in message.Contents)
                {
                    Settle(content);
                    if (Asks(content) is { } call)
                        Ask(content, call, spoken, carriedOut);
                    else if (Answers(content) is { } id)
                        Answer(content, id, spoken);
                }
            }
            LeaveOutRepeated();
        }

        /// <summary>What must be answered and is not.</summary>
        public HashSet<AIContent> Open { get; } = new(ReferenceEqualityComparer.Instance);

        /// <summary>The answers to nothing, the calls that are made again, and the approvals of calls that have their results.</summary>
        public HashSet<AIContent> Moot { get; } = new(ReferenceEqualityComparer.Instance);

        /// <summary>The calls that have their answers.</summary>
        public HashSet<AIContent> Answered { get; } = new(ReferenceEqualityComparer.Instance);

        /// <summary>The results that somebody has spoken before, by their calls.</summary>
        public Dictionary<AIContent, AIContent> Late { get; } = new(ReferenceEqualityComparer.Instance);

        private void Settle(AIContent content)
        {
            if (Approves(content) is { } callId)
            {
                if (!_approvals.TryGetValue(callId, out var ofCall))
                    _approvals.Add(callId, ofCall = []);
                ofCall.Add(content);
            }
            else if (content is FunctionResultContent result && _approvals.Remove(result.CallId, out var settled))
            {
                Moot.UnionWith(settled);
                Open.ExceptWith(settled);
            }
        }

        /// <summary>Whoever invokes functions around a conversation, and not in it, makes a call again once it is approved.</summary>
        private void LeaveOutRepeated()
        {
            if (Open.Count == 0)
                return;
            var answeredLater = new HashSet<(string, string)>();
            for (var i = _calls.Count - 1; i >= 0; i--)
            {
                var call = _calls[i];
                if (Answered.Contains(call))
                    answeredLater.Add((call.CallId, call.Name));
                else if (answeredLater.Contains((call.CallId, call.Name)) && Open.Remove(call))
                    Moot.Add(call);
            }
        }

        private void Ask(AIContent content, OpenCall call, int spoken, HashSet<AIContent> carriedOut)
        {
            if (!_asked.TryGetValue(call.Id, out var calls))
                _asked.Add(call.Id, calls = []);
            calls.Push((content, spoken));
            if (content is FunctionCallContent made)
                _calls.Add(made);
            if (call.NeedsAnswer || carriedOut.Contains(content))
                Open.Add(content);
        }

        private void Answer(AIContent content, string id, int spoken)
        {
            // An approval may come when its call has its result already, so that its request is left out.
            if (!_asked.TryGetValue(id, out var calls) || !calls.TryPop(out var latest) || Moot.Contains(latest.Call))
            {
                Moot.Add(content);
                return;
            }
            Open.Remove(latest.Call);
            Answered.Add(latest.Call);
            if (latest.Spoken != spoken && content is FunctionResultContent)
                Late[latest.Call] = content;
        }
    }
}
