using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Conversations;

/// <summary>Conversations in the local store: of several processes, and of large messages.</summary>
public sealed class ConversationProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ThreeProcesses_LoseNoTurn()
    {
        const int Turns = 40;
        string[] names = ["anna", "ben", "cleo"];
        await using (await OpenAsync()) { }
        var children = names
            .Select(name => Child.Start(Child.Command("talk", _directory.Path, "s", name, Turns.ToString(CultureInfo.InvariantCulture))))
            .ToList();
        foreach (var child in children)
            (await child.StandardOutput.ReadLineAsync(Token)).Should().Be("ready");
        foreach (var child in children)
            await child.StandardInput.WriteLineAsync("go");

        var counts = await Task.WhenAll(children.Select(ReadAsync));

        await using var session = await OpenAsync();
        var talk = session.Conversation();
        counts.Sum(count => count.Kept + count.Branched).Should().Be(names.Length * Turns);
        (await talk.GetInfoAsync(Token))!.Length.Should().Be(counts.Sum(count => count.Kept) * 2);
        (await session.GetSummaryAsync(Token)).Conversations.Should().Be(new ConversationTotals(1, names.Length * Turns * 2));
        var said = new HashSet<(MessageId, string)>();
        await foreach (var branch in talk.ListBranchesAsync(Token))
        await foreach (var message in talk.ReadAsync(new() { Leaf = branch.Leaf, FromDepth = branch.FirstDepth }, Token))
            said.Add((message.Id, message.Text));
        said.Where(message => !message.Item2.StartsWith("answer", StringComparison.Ordinal))
            .Select(message => message.Item2)
            .Should()
            .BeEquivalentTo(names.SelectMany(name => Enumerable.Range(0, Turns).Select(turn => $"{name} {turn}")));
        (await session.Store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
        children.ForEach(child => child.Dispose());
    }

    [Fact]
    public async Task FileOf100Megabytes_IsSentAgainFromAnotherSession()
    {
        var file = new byte[100 * 1024 * 1024];
        new Random(1).NextBytes(file);
        await using (var session = await OpenAsync())
        {
            var message = new ChatMessage(ChatRole.User, [new TextContent("Read this."), new DataContent(file, "application/pdf")]);
            await session.Conversation().AsChatClient(ScriptedChatClient.Answering("done")).GetResponseAsync(message, null, Token);
        }
        var client = ScriptedChatClient.Answering("again");
        await using var later = await OpenAsync();

        await later.Conversation().AsChatClient(client).GetResponseAsync("And now?", null, Token);

        client.Requests[0][0].Contents.OfType<DataContent>().Single().Data.Span.SequenceEqual(file).Should().BeTrue();
        new FileInfo(Path.Combine(_directory.Path, "dossier.db")).Length.Should().BeLessThan(1024 * 1024);
    }

    [Fact]
    public async Task TextOf100Megabytes_IsKeptAndSentAgain()
    {
        var text = new string('ä', 50 * 1024 * 1024);
        var client = ScriptedChatClient.Answering("long");
        await using var session = await OpenAsync();
        var chat = session.Conversation().AsChatClient(client);

        await chat.GetResponseAsync(text, null, Token);
        await chat.GetResponseAsync("And now?", null, Token);

        (client.Requests[1][0].Text == text).Should().BeTrue();
        (await session.Conversation().ReadTailAsync(4, Token))[0].Text.Should().HaveLength(text.Length);
    }

    private Task<Session> OpenAsync() => Session.OpenAsync(new() { StoragePath = _directory.Path, SessionId = "s" }, Token);

    private static async Task<(int Kept, int Branched)> ReadAsync(Process child)
    {
        var line = await child.StandardOutput.ReadToEndAsync(Token);
        var error = await child.StandardError.ReadToEndAsync(Token);
        await child.WaitForExitAsync(Token);
        child.ExitCode.Should().Be(0, "it printed {0}", error);
        var counts = line.Split(' ');
        return (int.Parse(counts[0], CultureInfo.InvariantCulture), int.Parse(counts[1], CultureInfo.InvariantCulture));
    }
}
