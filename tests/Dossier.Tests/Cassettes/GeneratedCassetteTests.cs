using System.Text;
using CsCheck;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Cassettes;

/// <summary>Whatever is said, a cassette has it as it was: generated calls are recorded, replayed and saved again.</summary>
public sealed class GeneratedCassetteTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.String[Gen.Char["ab \n\r\t|\"\\:#<>-\u00E9\u2028\u202E\uFEFF\0"], 0, 12],
        Gen.Int[0, 3].Select(i => new[] { "A line.", "# chat a/b", "| no text", "no answer" }[i]),
        Gen.Int[61, 200].Select(length => new string('x', length))
    );

    private static readonly Gen<AIContent> s_content = Gen.Select(Gen.Int[0, 6], s_text, Gen.Int[1, 3])
        .Select(
            (kind, text, number) =>
                kind switch
                {
                    0 => new TextReasoningContent(text),
                    1 => new FunctionCallContent(
                        $"id-{number}",
                        "tool: " + number,
                        new Dictionary<string, object?> { ["text"] = text, ["of"] = number }
                    ),
                    2 => new FunctionResultContent($"id-{number}", text),
                    3 => new FunctionResultContent($"id-{number}", new DataContent(Encoding.UTF8.GetBytes(text), "text/plain")),
                    4 => new DataContent(Encoding.UTF8.GetBytes(text), "application/x") { Name = text.Length > 0 ? text : null },
                    5 => new UriContent("https://example.org/" + number, "image/png"),
                    _ => (AIContent)new TextContent(text),
                }
        );

    private static readonly Gen<(string Role, AIContent[] Contents)> s_message = Gen.Select(
        Gen.Int[0, 3].Select(i => new[] { "system", "user", "assistant", "tool" }[i]),
        s_content.Array[0, 4]
    );

    private static readonly Gen<Call[]> s_calls = Gen.Select(
        s_message.Array[0, 4],
        // Messages of tools part the model calls of a loop, of which each is one here.
        s_content.Array[0, 4].Select(contents => ("assistant", contents)).Array[0, 3],
        Gen.Bool,
        Gen.Bool,
        s_text,
        (sent, answered, goesOn, isStream, option) => new Call(sent, answered, goesOn, isStream, option)
    ).Array[1, 5];

    [Fact]
    public async Task Calls_AreReplayedAsTheyWereRecorded() =>
        await s_calls.SampleAsync(
            async calls =>
            {
                await using var test = new CassetteFixture();
                string cassette;
                List<string> answers;
                var next = 0;
                var client = new ScriptedChatClient((_, _, _) => AnswerAsync(calls[next++], next));
                await using (var session = await test.RecordAsync(client))
                {
                    answers = await PlayAsync(session, calls);
                    cassette = await CassetteFixture.SaveAsync(session);
                }
                await using var replay = await CassetteFixture.OpenAsync(cassette);

                var replayed = await PlayAsync(replay, calls);

                replayed.Should().Equal(answers);
                (await CassetteFixture.SaveAsync(replay)).Should().Be(cassette);
            },
            iter: 300,
            print: calls => string.Join('\n', calls.Select(call => call.ToString()))
        );

    private static async Task<List<string>> PlayAsync(Session session, Call[] calls)
    {
        var answers = new List<string>();
        var history = new List<ChatMessage>();
        var chat = session.GetChatClient(CassetteFixture.Model);
        foreach (var call in calls)
        {
            if (!call.GoesOn)
                history = [];
            history.AddRange(call.Sent.Select(ToMessage));
            var options = new ChatOptions { Instructions = call.Option, Seed = call.Option.Length };
            var answer = call.IsStream
                ? await chat.GetStreamingResponseAsync(history, options, Token).ToChatResponseAsync(Token)
                : await chat.GetResponseAsync(history, options, Token);
            history.AddRange(answer.Messages);
            history.AddRange(
                answer
                    .Messages.SelectMany(message => message.Contents)
                    .OfType<FunctionCallContent>()
                    .Select(asked => new ChatMessage(ChatRole.Tool, [new FunctionResultContent(asked.CallId, "done")]))
            );
            answers.Add(answer.Text);
        }
        return answers;
    }

    private static ChatMessage ToMessage((string Role, AIContent[] Contents) message) =>
        new(new ChatRole(message.Role), [.. message.Contents]);

    private static async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(Call call, int turn)
    {
        await Task.Yield();
        foreach (var (number, message) in call.Answered.Index())
        foreach (var content in message.Contents)
            yield return new(new ChatRole(message.Role), [WithIdOf(content, turn)]) { MessageId = $"message-{number}" };
        yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = call.Sent.Length, OutputTokenCount = 1 })])
        {
            MessageId = $"message-{call.Answered.Length}",
            FinishReason = ChatFinishReason.Stop,
        };
    }

    /// <summary>A vendor's ids are those of no other answer, and of nothing that it was sent.</summary>
    private static AIContent WithIdOf(AIContent content, int turn) =>
        content switch
        {
            FunctionCallContent call => new FunctionCallContent($"{turn}-{call.CallId}", call.Name, call.Arguments),
            FunctionResultContent result => new FunctionResultContent($"{turn}-{result.CallId}", result.Result),
            _ => content,
        };

    private sealed record Call(
        (string Role, AIContent[] Contents)[] Sent,
        (string Role, AIContent[] Contents)[] Answered,
        bool GoesOn,
        bool IsStream,
        string Option
    )
    {
        public override string ToString() => $"{Print(Sent)} => {Print(Answered)} {GoesOn} {IsStream} '{Option}'";

        private static string Print((string Role, AIContent[] Contents)[] messages) =>
            string.Join(
                "; ",
                messages.Select(it =>
                    $"{it.Role}: {string.Join(", ", it.Contents.Select(content => $"{content.GetType().Name} '{content}'"))}"
                )
            );
    }
}
