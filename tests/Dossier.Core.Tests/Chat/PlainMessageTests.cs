using System.Text;
using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Chat;

public sealed class PlainMessageTests
{
    private static readonly JsonSerializerOptions s_compact = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    private static readonly string[] s_roles = ["user", "assistant", "system", "tool", "narrator", "user\n", "User", "x y"];

    // A generated text may look like a URI with a password, which would be masked.
    private static readonly Gen<string?> s_text = Gen.OneOf(
            Gen.Const((string?)null),
            Gen.String,
            Gen.String[Gen.Char["\n\r \"{}[]é\u2028"]]
        )
        .Where(text => text is null || ReferenceEquals(new SecretMasker([]).Apply(text), text));

    private static readonly Gen<ChatMessage> s_message = Gen.Select(
        Gen.Int[0, s_roles.Length - 1].Select(i => s_roles[i]),
        s_text,
        s_text,
        s_text,
        Gen.Int,
        (role, text, author, id, at) =>
            new ChatMessage(new ChatRole(role), text)
            {
                AuthorName = author,
                MessageId = id,
                CreatedAt = at % 2 == 0 ? null : DateTimeOffset.UnixEpoch.AddMilliseconds(at),
            }
    );

    [Fact]
    public void Text_IsKeptAsItIsBeforeItsRole() =>
        Text(Encode(new(ChatRole.User, "a \"question\"\nin two lines"))).Should().Be("a \"question\"\nin two lines\nuser");

    [Fact]
    public void AuthorTimeAndId_StandBeforeTheRole()
    {
        var message = new ChatMessage(ChatRole.Assistant, "yes")
        {
            AuthorName = "Ann\n",
            CreatedAt = DateTimeOffset.UnixEpoch,
            MessageId = "1",
        };

        Text(Encode(message))
            .Should()
            .Be("yes\n" + """{"authorName":"Ann\n","createdAt":"1970-01-01T00:00:00+00:00","messageId":"1"} assistant""");
    }

    [Fact]
    public void AnyMessageOfOneText_ComesBackAsMicrosoftExtensionsAIReadsItsOwn() =>
        s_message.Sample(
            message =>
            {
                var encoded = Encode(message);

                var decoded = MessageEncoder.DecodeMessage(encoded);
                Json(decoded).Should().Be(Json(message));
                Text(MessageEncoder.ToJson(encoded)).Should().Be(Json(message));
                Encode(decoded).ToArray().Should().Equal(encoded.ToArray());
            },
            iter: 5_000
        );

    [Fact]
    public void HalfACharacter_IsReplacedAsInJson()
    {
        var message = new ChatMessage(ChatRole.User, "\ud83d x");

        MessageEncoder
            .DecodeMessage(Encode(message))
            .Text.Should()
            .Be(JsonSerializer.Deserialize<ChatMessage>(Json(message), s_compact)!.Text);
    }

    [Fact]
    public void MessageThatIsMoreThanAText_StaysJson()
    {
        ChatMessage[] messages =
        [
            new(),
            new(ChatRole.User, "x") { AdditionalProperties = new() { ["a"] = 1 } },
            new(ChatRole.User, [new TextContent("a"), new TextContent("b")]),
            new(ChatRole.User, [new TextContent("a") { AdditionalProperties = new() { ["a"] = 1 } }]),
            new(ChatRole.Assistant, [new TextReasoningContent("why")]),
            new(new ChatRole("narrator"), "x"),
        ];

        messages.Select(message => (char)Encode(message).Span[^1]).Should().AllBeEquivalentTo('}');
    }

    [Theory]
    [InlineData("user")]
    [InlineData("x\nnarrator")]
    [InlineData("x\n{ user")]
    [InlineData("x\nx user")]
    public void WhatIsNoMessage_IsAJsonException(string encoded)
    {
        var decode = () => MessageEncoder.DecodeMessage(Encoding.UTF8.GetBytes(encoded));

        decode.Should().Throw<JsonException>();
    }

    private static ReadOnlyMemory<byte> Encode(ChatMessage message) => new MessageEncoder(new([])).Encode(message);

    private static string Text(ReadOnlyMemory<byte> encoded) => Encoding.UTF8.GetString(encoded.Span);

    private static string Json(ChatMessage message) => JsonSerializer.Serialize(message, s_compact);
}
