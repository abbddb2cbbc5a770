using System.Runtime.CompilerServices;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Storage;

/// <summary>What is done to records behind Dossier's back, and what a verification says of it.</summary>
public sealed class ChainTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SessionStore _store;

    public ChainTests() => _store = new(new LocalStorage(_directory.Path), ownsStorage: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task EveryRecord_HasAnEntry_AndACallInProgressHasItWhenItEnds()
    {
        await using var session = await _store.OpenAsync(new() { SessionId = "s" }, Token);
        var start = await session.GetChainHeadAsync(Token);
        await session.StoreArtifactAsync("a", "text", cancellationToken: Token);
        var stored = await session.GetChainHeadAsync(Token);
        ChainHead? during = null;
        var client = new ScriptedChatClient((_, _, token) => AnswerAsync(token));
        await session.Track(client, "test/model").GetResponseAsync("Hi", cancellationToken: Token);
        var ended = await session.GetChainHeadAsync(Token);

        start!.Value.Length.Should().Be(0);
        stored!.Value.Length.Should().Be(1);
        during.Should().Be(stored);
        ended!.Value.Length.Should().BeGreaterThan(1);
        new[] { start, stored, ended }.Select(head => head!.Value.Hash).Should().OnlyHaveUniqueItems();
        await CleanAsync(ended.Value);

        async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync([EnumeratorCancellation] CancellationToken token)
        {
            during = await session.GetChainHeadAsync(token);
            yield return new(ChatRole.Assistant, "Hello");
        }
    }

    [Theory]
    [InlineData("UPDATE artifacts SET name = 'c' WHERE name = 'b'", "artifact 'c' version 1")]
    [InlineData("UPDATE artifacts SET content_type = 'text/html' WHERE name = 'b'", "artifact 'b' version 1")]
    [InlineData("UPDATE artifacts SET role = 1 - role WHERE name = 'b'", "artifact 'b' version 1")]
    [InlineData("UPDATE artifacts SET created_at = created_at - 1 WHERE name = 'b'", "artifact 'b' version 1")]
    [InlineData("UPDATE artifacts SET digest = (SELECT digest FROM artifacts WHERE name = 'a') WHERE name = 'b'", "artifact 'b' version 1")]
    [InlineData("UPDATE artifacts SET metadata = replace(metadata, 'fox', 'hen') WHERE name = 'b'", "artifact 'b' version 1")]
    [InlineData("UPDATE artifacts SET metadata = NULL WHERE name = 'b'", "artifact 'b' version 1")]
    [InlineData("UPDATE artifacts SET masked_secrets = 1 WHERE name = 'b'", "artifact 'b' version 1")]
    [InlineData("UPDATE artifacts SET produced_by = NULL WHERE name = 'made'", "artifact 'made' version 1")]
    [InlineData("UPDATE artifacts SET version = 7 WHERE name = 'b'", "artifact 'b' version 7")]
    [InlineData("UPDATE artifacts SET sequence = 70 WHERE name = 'b'", "artifact 'b' version 1")]
    [InlineData("UPDATE responses SET body = replace(body, '0.25', '0.05') WHERE key = 'paid'", "response 'paid'")]
    [InlineData("UPDATE responses SET outcome = 2 WHERE key = 'paid'", "response 'paid'")]
    [InlineData("UPDATE responses SET started_at = started_at + 1 WHERE key = 'paid'", "response 'paid'")]
    [InlineData("UPDATE responses SET key = 'free' WHERE key = 'paid'", "response 'free'")]
    [InlineData("UPDATE responses SET text_digest = NULL WHERE turn IS NOT NULL", "response ")]
    [InlineData("UPDATE responses SET asked = asked - 1, answered = answered + 1 WHERE turn IS NOT NULL", "response ")]
    [InlineData("UPDATE responses SET turn = turn - 1 WHERE turn IS NOT NULL", "response ")]
    [InlineData("UPDATE commons SET body = replace(body, 'm', 'n')", "response ")]
    public async Task ChangedRecord_IsNamed(string change, string affected)
    {
        await FillAsync();
        StoreFiles.Execute(_directory.Path, change);

        var problem = (await BrokenAsync()).Should().ContainSingle().Subject;

        problem.Affected.Should().ContainSingle().Which.ToString().Should().StartWith(affected).And.EndWith("in session 's'");
        problem.Description.Should().MatchRegex("^Entry [1-9] of the chain of session 's' has the hash sha256:");
        problem.Remedy.Should().Contain("backup");
    }

    [Fact]
    public async Task TwoChangedRecords_AreNamedBoth_AndTheRecordsBetweenThemAreNot()
    {
        await FillAsync();
        StoreFiles.Execute(_directory.Path, "UPDATE artifacts SET content_type = 'x/y' WHERE name IN ('a', 'made')");

        (await BrokenAsync()).Select(problem => problem.Affected[0].Name).Should().Equal("a", "made");
    }

    [Fact]
    public async Task ChangedMessage_BreaksTheChainOfItsConversation_AndThatOfItsSession()
    {
        await FillAsync();
        StoreFiles.Execute(_directory.Path, "UPDATE messages SET hash = zeroblob(32) WHERE place = (SELECT max(place) FROM messages)");

        var report = await _store.VerifyAsync(cancellationToken: Token);

        report.Problems.Should().Contain(problem => problem.Kind == VerifyProblemKind.HistoryBroken);
        report.Problems.Should().Contain(problem => problem.Kind == VerifyProblemKind.ChainBroken);
    }

    [Theory]
    [InlineData("DELETE FROM artifacts WHERE name = 'b'", "entry 2 is missing")]
    [InlineData("DELETE FROM artifacts WHERE name IN ('a', 'b')", "entries 1 to 2 are missing")]
    [InlineData("DELETE FROM responses WHERE key = 'paid'", "entry 3 is missing")]
    [InlineData("UPDATE responses SET outcome = 0 WHERE key = 'paid'", "entry 3 is missing")]
    public async Task RemovedRecords_AreMissed(string removal, string expected)
    {
        await FillAsync();
        StoreFiles.Execute(_directory.Path, removal);

        (await BrokenAsync()).Should().ContainSingle().Which.Description.Should().Contain(expected).And.Contain("no purge says so");
    }

    [Fact]
    public async Task RemovedLastRecord_IsMissed()
    {
        await FillAsync();
        StoreFiles.Execute(_directory.Path, "DELETE FROM artifacts WHERE name = 'last'");

        (await BrokenAsync())
            .Should()
            .ContainSingle()
            .Which.Description.Should()
            .Contain("is to end in ")
            .And.Contain("its records end in ");
    }

    [Theory]
    [InlineData("NULL", "It is not in the chain of its session")]
    [InlineData("link", "so is another")]
    public async Task RecordThatWasPutIn_IsNamed(string link, string expected)
    {
        await FillAsync();
        StoreFiles.Execute(
            _directory.Path,
            $"""
            INSERT INTO artifacts(session, sequence, id, name, version, content_type, role, digest, size, created_at, masked_secrets, link, chain)
            SELECT session, sequence + 50, randomblob(16), 'forged', 1, content_type, role, digest, size, created_at, 0, {link}, chain
            FROM artifacts WHERE name = 'b'
            """
        );

        var problem = (await BrokenAsync()).Should().ContainSingle().Subject;

        problem.Description.Should().Contain(expected);
        problem.Affected.Single().Name.Should().BeOneOf("forged", "b");
    }

    [Fact]
    public async Task PurgedArtifact_LeavesItsEntry_AndOneThatSaysSo()
    {
        var noted = await FillAsync();
        await using var session = await _store.OpenAsync(new() { SessionId = "s" }, Token);
        await session.DeleteArtifactAsync((await session.FindArtifactAsync("b", cancellationToken: Token))!.Id, Token);

        await _store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Token);

        var head = (await session.GetChainHeadAsync(Token))!.Value;
        head.Length.Should().Be(noted.Length + 1);
        await CleanAsync(noted, gone: 1);
        await CleanAsync(head);
        StoreFiles.Execute(_directory.Path, "UPDATE artifacts SET role = 1 - role WHERE name = 'last'");
        (await BrokenAsync())
            .Should()
            .ContainSingle("what follows a purge is still chained")
            .Which.Affected.Single()
            .Name.Should()
            .Be("last");
    }

    [Fact]
    public async Task ReplacedResponse_LeavesItsEntry_AndOneThatSaysSo()
    {
        var noted = await FillAsync();
        await using var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        var paid = (await storage.Records.FindResponseAsync("s", "paid", Token))!;
        await storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = "s",
                At = paid.StartedAt,
                Responses = [paid with { Cost = null }],
            },
            Token
        );

        var head = (await storage.Records.GetChainHeadAsync("s", Token))!.Value;

        head.Length.Should().Be(noted.Length + 2);
        await CleanAsync(noted, gone: 1);
        await CleanAsync(head);
        StoreFiles.Execute(_directory.Path, "DELETE FROM links WHERE number = 3");
        (await BrokenAsync())
            .Select(problem => problem.Description)
            .Should()
            .HaveCount(2)
            .And.Contain(text => text.Contains("entry 3 is missing"))
            .And.Contain(text => text.Contains("says that the record of entry 3 is gone"));
    }

    [Fact]
    public async Task EntryThatAPurgeLeft_MustBeTheOneThatItWas()
    {
        await FillAsync();
        await using var session = await _store.OpenAsync(new() { SessionId = "s" }, Token);
        await session.DeleteArtifactAsync((await session.FindArtifactAsync("b", cancellationToken: Token))!.Id, Token);
        await _store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Token);
        StoreFiles.Execute(_directory.Path, "UPDATE links SET entry = CAST(substr(entry, 1, 13) || zeroblob(32) AS BLOB) WHERE number = 2");

        var problems = await BrokenAsync();

        problems.Should().Contain(problem => problem.Description.StartsWith("Entry 2 "));
        problems.Should().Contain(problem => problem.Description.Contains("which is there or was another"));
    }

    [Theory]
    [InlineData("DELETE FROM messages WHERE place = (SELECT max(place) FROM messages)")]
    [InlineData("UPDATE messages SET hash = zeroblob(32) WHERE place = (SELECT max(place) FROM messages)")]
    public async Task MessagesThatWereAppended_AreMissed(string change)
    {
        await using var session = await _store.OpenAsync(new() { SessionId = "s" }, Token);
        await session.Conversation().AppendAsync([new(ChatRole.User, "one"), new(ChatRole.Assistant, "two")], Token);
        var noted = (await session.GetChainHeadAsync(Token))!.Value;
        await session.Conversation().AppendAsync([new(ChatRole.User, "three")], Token);
        await _store.ForkAsync("s", new() { SessionId = "fork" }, Token);
        await CleanAsync(noted);
        noted.Length.Should().Be(1);

        StoreFiles.Execute(_directory.Path, change);

        (await BrokenAsync(noted))
            .Should()
            .ContainSingle()
            .Which.Description.Should()
            .Contain("session 'fork'")
            .And.Contain("messages up to");
    }

    [Fact]
    public async Task SessionThatIsGone_IsMissedByAScopedStore_AndByItsId()
    {
        var noted = await FillAsync();
        await using var own = _store.ForOwner("ada");
        await using (var mine = await own.OpenAsync(new() { SessionId = "mine" }, Token))
            await mine.StoreArtifactAsync("a", "text", cancellationToken: Token);
        var ofMine = new Dictionary<string, ChainHead> { ["mine"] = noted, ["lost"] = noted };
        await _store.EraseSessionAsync("s", cancellationToken: Token);

        var scoped = await own.VerifyAsync(new() { ChainHeads = ofMine }, cancellationToken: Token);
        var erased = await _store.VerifyAsync(new() { SessionId = "s", ChainHeads = Noted(noted) }, cancellationToken: Token);

        scoped.Problems.Should().Contain(problem => problem.Description.StartsWith("The session 'lost'"));
        scoped.Problems.Should().Contain(problem => problem.Description.Contains("'mine' was noted"));
        erased.Problems.Should().ContainSingle().Which.Description.Should().StartWith("The session 's'");
    }

    [Fact]
    public async Task RemovalMadeToLookLikeAPurge_IsMissedWithoutTheEntryThatSaysSo()
    {
        await FillAsync();
        await using var session = await _store.OpenAsync(new() { SessionId = "s" }, Token);
        await session.DeleteArtifactAsync((await session.FindArtifactAsync("b", cancellationToken: Token))!.Id, Token);
        await _store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }, Token);
        StoreFiles.Execute(
            _directory.Path,
            """
            UPDATE sessions SET links = links - 1,
                chain = (SELECT chain FROM artifacts WHERE link = (SELECT max(number) - 1 FROM links));
            """
        );
        StoreFiles.Execute(_directory.Path, "DELETE FROM links WHERE number = (SELECT max(number) FROM links)");

        (await BrokenAsync()).Should().ContainSingle().Which.Description.Should().Contain("entry 2").And.Contain("no purge says so");
    }

    [Fact]
    public async Task HistoryWrittenAnew_FitsByItself_AndNotWhatWasNoted()
    {
        var noted = await FillAsync();
        StoreFiles.Execute(_directory.Path, "UPDATE responses SET body = replace(body, '0.25', '0.05') WHERE key = 'paid'");
        RebuildChains();

        (await BrokenAsync()).Should().BeEmpty("whoever can write to the store can make a chain, too");
        var problem = (await BrokenAsync(noted)).Should().ContainSingle().Subject;

        problem.Description.Should().Contain($"noted as {noted}").And.Contain("written anew");
        problem.Remedy.Should().Contain("noted of this session").And.NotContain("The entries before it fit");
    }

    [Fact]
    public async Task NotedChain_IsNotMet_WhenARecordOfItWasChanged()
    {
        var noted = await FillAsync();
        StoreFiles.Execute(_directory.Path, "UPDATE artifacts SET content_type = 'text/html' WHERE name = 'b'");

        var report = await _store.VerifyAsync(new() { ChainHeads = Noted(noted) }, cancellationToken: Token);

        (report.IsClean, report.NotedChains).Should().Be((false, 0));
        report.ToString().Should().NotContain("noted chain");
    }

    [Fact]
    public async Task ChainThatWasCutOff_DoesNotGetToWhatWasNoted()
    {
        var noted = await FillAsync();
        StoreFiles.Execute(_directory.Path, "DELETE FROM artifacts WHERE name = 'last'");
        RebuildChains();

        var problem = (await BrokenAsync(noted)).Should().ContainSingle().Subject;

        problem.Description.Should().Contain("does not get there");
        problem.Remedy.Should().Contain("noted of this session").And.NotContain("The entries before it fit");
    }

    [Fact]
    public async Task SessionThatIsGone_IsMissedByWhatWasNoted()
    {
        var noted = await FillAsync();
        StoreFiles.Execute(_directory.Path, "DELETE FROM sessions");

        (await BrokenAsync(noted)).Should().ContainSingle().Which.Description.Should().Contain("'s'").And.Contain("is not there");
    }

    [Fact]
    public async Task WhatWasNotedBefore_IsStillMetAfterMoreWasWritten()
    {
        var noted = await FillAsync();
        await using var session = await _store.OpenAsync(new() { SessionId = "s" }, Token);
        await session.StoreArtifactAsync("more", "more", cancellationToken: Token);

        await CleanAsync(noted);
        (await session.GetChainHeadAsync(Token))!.Value.Length.Should().Be(noted.Length + 1);
        (await _store.VerifyAsync(new() { SessionId = "s", ChainHeads = Noted(noted) }, cancellationToken: Token))
            .IsClean.Should()
            .BeTrue();
    }

    [Fact]
    public async Task SameRecordsInAnotherSession_AreAnotherChain()
    {
        await FillAsync();
        await _store.ForkAsync("s", new() { SessionId = "fork" }, Token);
        await using var session = await _store.OpenAsync(new() { SessionId = "s" }, Token);
        await using var fork = await _store.OpenAsync(new() { SessionId = "fork" }, Token);

        var (head, forked) = (await session.GetChainHeadAsync(Token), await fork.GetChainHeadAsync(Token));

        forked!.Value.Length.Should().Be(head!.Value.Length + 1, "the messages that were inherited have one of their own");
        forked.Value.Hash.Should().NotBe(head.Value.Hash);
        (await BrokenAsync()).Should().BeEmpty();
    }

    /// <summary>Six records: two artifacts, a response with a cost, a turn, what was made of it, and one more artifact.</summary>
    private async Task<ChainHead> FillAsync()
    {
        await using var session = await _store.OpenAsync(new() { SessionId = "s" }, Token);
        await session.StoreArtifactAsync("a", "text", cancellationToken: Token);
        await session.StoreArtifactAsync(
            "b",
            "more",
            metadata: new Dictionary<string, object?> { ["of"] = "fox" },
            cancellationToken: Token
        );
        await session.Responses.TrackAsync(
            "paid",
            new()
            {
                Success = true,
                Cost = new() { Amount = 0.25m, PriceSource = new("test") },
            },
            Token
        );
        var turn = session.Conversation("talk").AsChatClient(session.Track(ScriptedChatClient.Answering("Hello"), "test/model"));
        await turn.GetResponseAsync("Hi", cancellationToken: Token);
        await session.StoreArtifactAsync("made", "Hello", cancellationToken: Token);
        await session.StoreArtifactAsync("last", "end", cancellationToken: Token);
        return (await session.GetChainHeadAsync(Token))!.Value;
    }

    private void RebuildChains()
    {
        using var database = new Database(_directory.Path);
        database.ExecuteScript("BEGIN IMMEDIATE");
        ChainBuilder.BuildAll(database);
        database.ExecuteScript("COMMIT");
    }

    private static Dictionary<string, ChainHead> Noted(ChainHead head) => new() { ["s"] = head };

    private async Task CleanAsync(ChainHead noted, long gone = 0)
    {
        var report = await _store.VerifyAsync(new() { ChainHeads = Noted(noted) }, cancellationToken: Token);

        (report.IsClean, report.NotedChains, report.GoneSinceNoted).Should().Be((true, 1, gone), report.ToString());
        report.ToString().Should().Contain(": clean.\n1 noted chain was met.");
        report.ToString().Contains("1 record of what was noted was purged or replaced since.").Should().Be(gone == 1);
    }

    private async Task<List<VerifyProblem>> BrokenAsync(ChainHead? noted = null)
    {
        var options = new VerifyOptions { ChainHeads = noted is { } head ? Noted(head) : [] };
        var report = await _store.VerifyAsync(options, cancellationToken: Token);
        return [.. report.Problems.Where(problem => problem.Kind == VerifyProblemKind.ChainBroken)];
    }
}
