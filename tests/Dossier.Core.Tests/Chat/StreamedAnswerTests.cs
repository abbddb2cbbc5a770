using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

public sealed class StreamedAnswerTests
{
    [Fact]
    public void AnyUpdates_AreTheAnswerThatMicrosoftExtensionsAIMakesOfThem() =>
        Gen.Int.Sample(
            seed =>
            {
                var updates = Updates(new Random(seed));
                var answer = new StreamedAnswer();
                foreach (var update in updates)
                    answer.Add(update);

                Json(answer.ToChatResponse()).Should().Be(Json(updates.ToChatResponse()));
            },
            iter: 10_000
        );

    [Fact]
    public void AnswerThatIsAskedForTwice_IsTheSame()
    {
        var answer = new StreamedAnswer();
        answer.Add(new(ChatRole.Assistant, "one "));
        answer.Add(new(ChatRole.Assistant, "two "));
        var first = answer.ToChatResponse().Text;

        answer.Add(new(ChatRole.Assistant, "three"));

        first.Should().Be("one two ");
        answer.ToChatResponse().Text.Should().Be("one two three");
    }

    private static List<ChatResponseUpdate> Updates(Random random)
    {
        var updates = new List<ChatResponseUpdate>();
        for (var count = random.Next(12); count > 0; count--)
            updates.Add(
                new(Rarely() ? ChatRole.Tool : ChatRole.Assistant, [.. Enumerable.Range(0, Rarely() ? 3 : 1).Select(_ => Content())])
                {
                    MessageId = random.Next(4) switch
                    {
                        0 => null,
                        1 => "b",
                        _ => "a",
                    },
                    ResponseId = Rarely() ? null : "r",
                    ModelId = Rarely() ? "other" : "m",
                    AuthorName = Rarely() ? "Ann" : null,
                    ConversationId = Rarely() ? "c" : null,
                    CreatedAt = Rarely() ? null : DateTimeOffset.UnixEpoch.AddSeconds(random.Next(3)),
                    FinishReason = Rarely() ? ChatFinishReason.Stop : null,
                    AdditionalProperties = Rarely() ? new() { ["p"] = 1 } : null,
                }
            );
        return updates;

        bool Rarely() => random.Next(12) == 0;

        AIContent Content() =>
            random.Next(16) switch
            {
                0 => new TextContent("with") { AdditionalProperties = new() { ["x"] = 1 } },
                1 => new TextReasoningContent("why"),
                2 => new UsageContent(new() { OutputTokenCount = 3 }),
                3 => new FunctionCallContent("call-1", "look"),
                4 => new TextContent(null),
                var other => new TextContent(other % 2 == 0 ? "one " : " two"),
            };
    }

    private static string Json(ChatResponse response) => JsonSerializer.Serialize(response, AIJsonUtilities.DefaultOptions);
}
