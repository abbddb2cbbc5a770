using CsCheck;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Conversations;

/// <summary>Whatever was said, in whatever order: what is sent is what vendors take.</summary>
public sealed class ToolCallRepairGeneratedTests
{
    private static readonly Gen<ChatMessage> s_messages = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 2], Gen.Int[0, 2], Make);

    [Fact]
    public void WhatIsSent_HasEachResultAndApprovalBehindWhatItAnswers() =>
        Gen.Select(s_messages.List[0, 12], Gen.Int[0, 3])
            .Sample(
                (history, answered) =>
                {
                    var scan = new ToolCallScan([]);
                    history.ForEach(scan.Add);
                    ChatMessage[] turn = scan.Open.Skip(answered).FirstOrDefault() is { Id: ['c' or 'd', ..] id }
                        ? [new(ChatRole.Tool, [new FunctionResultContent(id, "fresh")])]
                        : [new(ChatRole.User, "and?")];

                    var isMended = scan.HasMoot || ToolCallRepair.IsNeeded(scan.Open, turn);
                    AssertTaken([.. isMended ? ToolCallRepair.Mend(history, turn, []) : history, .. turn]);
                },
                iter: 20_000
            );

    private static void AssertTaken(IReadOnlyList<ChatMessage> sent)
    {
        var (open, requests) = (new List<string>(), new List<string>());
        foreach (var message in sent)
        {
            if (ToolCallRepair.Speaks(message))
                open.Should().BeEmpty("nobody speaks between a call and its result");
            foreach (var content in message.Contents)
                if (content is FunctionCallContent call)
                    open.Add(call.CallId);
                else if (content is FunctionResultContent result)
                    open.Remove(result.CallId).Should().BeTrue("a result has its call");
                else if (content is ToolApprovalRequestContent request)
                    requests.Add(request.RequestId);
                else if (content is ToolApprovalResponseContent response)
                    requests.Remove(response.RequestId).Should().BeTrue("an approval has its request");
        }
        requests.Should().BeEmpty("each request is approved or refused");
        open.Should().BeEmpty("each call has its result");
    }

    private static ChatMessage Make(int kind, int one, int two) =>
        kind switch
        {
            0 => new(ChatRole.User, "hi"),
            1 => new(ChatRole.Assistant, "hello"),
            2 => new(ChatRole.Assistant, [new FunctionCallContent($"c{one}", "look")]),
            3 => new(
                ChatRole.Assistant,
                [new TextContent("I look."), new FunctionCallContent($"c{one}", "look"), new FunctionCallContent($"d{two}", "look")]
            ),
            4 => new(ChatRole.Assistant, [Request(one)]),
            5 => new(ChatRole.User, [Request(one).CreateResponse(approved: two == 0)]),
            _ => new(ChatRole.Tool, [new FunctionResultContent($"c{one}", "seen"), new FunctionResultContent($"d{two}", "seen")]),
        };

    private static ToolApprovalRequestContent Request(int number) => new($"r{number}", new FunctionCallContent($"c{number}", "look"));
}
