using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;
using static Dossier.Core.Tests.Conversations.Talks;

namespace Dossier.Core.Tests.Conversations;

/// <summary>What messages hold, and what is sent of them.</summary>
public sealed class ConversationContentTests
{
    private static readonly byte[] Image = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 251))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Image_IsKeptByItsDigestAndSentAgain()
    {
        var client = ScriptedChatClient.InTurn("A picture.", "Still a picture.", "Yes.");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        var question = new ChatMessage(
            ChatRole.User,
            [new TextContent("What is it?"), new DataContent(Image, "image/png") { Name = "it.png" }]
        );

        await talk.SendAsync(question, cancellationToken: Token);
        await talk.SendAsync("And now?", cancellationToken: Token);

        var digest = ContentDigest.Of(Image);
        var sent = client.Requests[1][0].Contents.OfType<DataContent>().Single();
        (sent.Data.ToArray(), sent.MediaType, sent.Name).Should().BeEquivalentTo((Image, "image/png", "it.png"));
        var message = (await talk.ReadAsync(cancellationToken: Token).FirstAsync(Token));
        message.Record.Data.Should().Equal(digest);
        message.Message.Contents.OfType<DataContent>().Single().Data.ToArray().Should().Equal(Image);
        (await test.Storage.Records.GetContentAsync(message.Record.Content, Token))!.Size.Should().BeLessThan(1000);
        var purge = await test.Store.PurgeAsync(new() { GracePeriod = TimeSpan.Zero, TrashedFor = TimeSpan.Zero }, Token);
        purge.Contents.Should().Be(0);
        await talk.SendAsync("Really?", cancellationToken: Token);
        client.Requests[2][0].Contents.OfType<DataContent>().Should().ContainSingle();
    }

    [Fact]
    public async Task EverythingThatAMessageHolds_ComesBack()
    {
        await using var test = await OpenAsync(ScriptedChatClient.Answering("no"));
        var talk = test.Session.Conversation();
        var call = new FunctionCallContent("c-1", "weather", new Dictionary<string, object?> { ["city"] = "Ulm" });
        ChatMessage[] messages =
        [
            new(ChatRole.System, "Be kind."),
            new(new ChatRole("narrator"), "Once upon a time") { AuthorName = "Änne", MessageId = "m-1" },
            new(ChatRole.Assistant, [new TextReasoningContent("Let me think."), new TextContent("I will look."), call]),
            new(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")]),
            new(ChatRole.Assistant, [new ToolApprovalRequestContent("r-1", call)]),
            new(ChatRole.User, [new ToolApprovalRequestContent("r-1", call).CreateResponse(true, "go on")]),
            new(ChatRole.User, [new UriContent("https://example.com/a.png", "image/png"), new DataContent(Image, "image/png")]),
            new(ChatRole.Assistant, [new ErrorContent("sorry"), new UsageContent(new() { InputTokenCount = 3 })]),
        ];

        await talk.AppendAsync(messages, Token);

        var read = await talk.ReadAsync(cancellationToken: Token).Select(message => message.Message).ToListAsync(Token);
        read.Select(message => (message.Role, message.AuthorName, message.MessageId))
            .Should()
            .Equal(messages.Select(message => (message.Role, message.AuthorName, message.MessageId)));
        read.SelectMany(message => message.Contents)
            .Select(content => content.GetType())
            .Should()
            .Equal(messages.SelectMany(message => message.Contents).Select(content => content.GetType()));
        var contents = read.SelectMany(message => message.Contents).ToList();
        contents.OfType<TextReasoningContent>().Single().Text.Should().Be("Let me think.");
        contents.OfType<FunctionCallContent>().Single().Arguments!["city"]!.ToString().Should().Be("Ulm");
        contents.OfType<FunctionResultContent>().Single().Result!.ToString().Should().Be("sunny");
        contents
            .OfType<ToolApprovalResponseContent>()
            .Single()
            .Should()
            .Match<ToolApprovalResponseContent>(it => it.Approved && it.Reason == "go on");
        contents.OfType<DataContent>().Single().Data.ToArray().Should().Equal(Image);
        contents.OfType<UsageContent>().Single().Details.InputTokenCount.Should().Be(3);
    }

    [Fact]
    public async Task ContentOfAKindThatIsNotKnownHere_SurvivesAndIsSentOn()
    {
        var client = ScriptedChatClient.Answering("fine");
        await using var test = await OpenAsync(client);
        var json = """{"role":"user","contents":[{"$type":"hologram","beams":[1,2]},{"$type":"text","text":"look"}]}"""u8.ToArray();
        var message = new MessageRecord
        {
            Role = "user",
            Content = ContentDigest.Of(json),
            CreatedAt = test.Time.GetUtcNow(),
        };
        await test.Storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = test.Session.Id,
                At = test.Time.GetUtcNow(),
                Contents = [new(message.Content, json.Length, json)],
                Conversations = [new() { Conversation = "default", Messages = [message with { Hash = message.ComputeHash(null) }] }],
            },
            Token
        );
        var talk = test.Session.Conversation();

        await talk.SendAsync("and?", cancellationToken: Token);
        var read = await talk.ReadAsync(cancellationToken: Token).FirstAsync(Token);
        await talk.AppendAsync([read.Message], Token);

        read.Text.Should().Be("look");
        client.Requests[0][0].Contents.Should().HaveCount(2);
        var again = (await talk.ReadTailAsync(1, Token)).Single();
        again.Record.Content.Should().Be(message.Content, "what is not known here was written as it was read");
    }

    [Fact]
    public async Task ToolRoundTrip_IsPartOfItsTurn()
    {
        var call = new FunctionCallContent("c-1", "weather");
        var client = new ScriptedChatClient(
            (_, _, _) =>
                new ChatResponse([
                    new(ChatRole.Assistant, [call]) { MessageId = "1" },
                    new(ChatRole.Tool, [new FunctionResultContent("c-1", "sunny")]) { MessageId = "2" },
                    new(ChatRole.Assistant, "It is sunny.") { MessageId = "3" },
                ])
                    .ToChatResponseUpdates()
                    .ToAsyncEnumerable()
        );
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();

        await talk.SendAsync("weather?", cancellationToken: Token);

        (await RolesAsync(talk)).Should().Be("user assistant tool assistant");
        (await talk.UndoAsync(cancellationToken: Token)).Should().BeNull("one call is one turn");
    }

    [Fact]
    public async Task LongConversation_IsSentWholeFromMemoryAndFromTheStore()
    {
        var client = ScriptedChatClient.Answering("no");
        await using var test = await OpenAsync(client);
        var talk = test.Session.Conversation();
        for (var i = 0; i < 3; i++)
            await talk.AppendAsync(Enumerable.Range(0, 250).Select(j => new ChatMessage(ChatRole.User, $"{(i * 250) + j}")), Token);
        await using var store = new SessionStore(
            test.Storage,
            new() { Providers = { ["scripted"] = new() { Implementation = new ScriptedProvider(_ => client) } }, Model = "scripted/m" }
        );
        await using var again = await store.OpenAsync(new() { SessionId = test.Session.Id }, Token);

        await talk.SendAsync("a", cancellationToken: Token);
        await again.Conversation().SendAsync("b", cancellationToken: Token);
        await talk.SendAsync("c", cancellationToken: Token);

        client.Requests.Select(request => request.Count).Should().Equal(751, 753, 755);
        client.Requests[2].Take(750).Select(message => message.Text).Should().Equal(Enumerable.Range(0, 750).Select(i => $"{i}"));
        client.Requests[2].Skip(750).Select(message => message.Text).Should().Equal("a", "no", "b", "no", "c");
    }
}
