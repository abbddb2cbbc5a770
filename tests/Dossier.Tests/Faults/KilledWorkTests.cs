using System.Globalization;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Faults;

/// <summary>A process that talks, or works through many steps, is killed at a random instant, again and again, on one session.</summary>
public sealed class KilledWorkTests : IDisposable
{
    private const int Kills = 6;
    private const int MostLines = 24;

    private readonly TemporaryDirectory _directory = new();
    private readonly HashSet<string> _acknowledged = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task KilledInTurns_LosesNoneThatReturned_AndLeavesNoneHalf()
    {
        for (var kill = 0; kill < Kills; kill++)
        {
            await KillAsync(["talk-on", _directory.Path, "s"], "said");

            await using var session = await OpenAsync();
            var said = new HashSet<string>();
            foreach (var name in (string[])["one", "two"])
                said.UnionWith(await ReadQuestionsAsync(session.Conversation(name)));
            _acknowledged.Except(said).Should().BeEmpty("what returned is there");
        }

        await using var last = await OpenAsync();
        var talk = last.Conversation("one");
        var length = (await talk.GetInfoAsync(Token))!.Length;
        var client = ScriptedChatClient.Answering("and on");
        await talk.AsChatClient(client).GetResponseAsync("go on", null, Token);
        client.Requests.Single().Should().HaveCount(length + 1);
        (await talk.ListBranchesAsync(Token).CountAsync(Token)).Should().Be(1);
        var outcomes = await last.Responses.ListAsync(cancellationToken: Token).Select(it => it.Outcome).Distinct().ToListAsync(Token);
        outcomes.Should().NotContain(ResponseOutcome.InProgress);
        var report = await last.Store.VerifyAsync(cancellationToken: Token);
        report.IsClean.Should().BeTrue(report.ToString());
    }

    [Fact]
    public async Task KilledInSteps_RunsNoneAgainThatWasKept_AndKnowsWhatWasSpentTwice()
    {
        const int Items = 400; // more than are finished before the last kill
        string[] command = ["map-on", _directory.Path, "s", Items.ToString(CultureInfo.InvariantCulture)];
        var fences = new Dictionary<ContentDigest, long>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await KillAsync(command, "kept", reused: _acknowledged.Count);

            await using var session = await OpenAsync();
            var steps = await session
                .Steps.ListAsync(new() { Status = StepStatus.Kept }, Token)
                .ToDictionaryAsync(it => it.Key, cancellationToken: Token);
            fences.Should().OnlyContain(it => steps[it.Key].Fence == it.Value, "what was kept does not run again");
            steps.Values.Count(step => step.Name == "part").Should().BeGreaterThanOrEqualTo(_acknowledged.Count);
            fences = steps.ToDictionary(it => it.Key, it => it.Value.Fence);
        }

        var lines = await Child.RunAsync(command);

        lines.Skip(1).Should().Equal(Enumerable.Range(0, Items).Select(item => $"kept {item} part {item} ."));
        await using var last = await OpenAsync();
        var all = await last.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token);
        all.Should().HaveCount(2 * Items).And.OnlyContain(step => step.Status == StepStatus.Kept);
        all.Sum(step => step.Fence).Should().BeGreaterThan(2 * Items, "some were killed in the middle");
        (await last.CountArtifactsAsync(new() { NameGlob = "step/*" }, Token)).Count.Should().Be(2 * Items, "each has exactly one result");
        await AssertTotalsAsync(last, all);
    }

    /// <summary>The totals against the responses, one by one.</summary>
    private static async Task AssertTotalsAsync(Session session, IReadOnlyList<StepRecord> steps)
    {
        var fences = steps.ToDictionary(step => step.Key, step => step.Fence);
        var responses = await session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token);
        responses.Should().OnlyContain(response => response.Outcome != ResponseOutcome.InProgress);
        var again = responses.Where(response => response.StepAttempt < fences[response.StepKey!.Value]).ToList();
        var summary = await session.GetSummaryAsync(Token);
        var totals = summary.Steps.Single(step => step.Name == "part");
        (totals.Own.Attempts, totals.Repeated.Attempts).Should().Be((responses.Count, again.Count));
        totals.Own.Tokens.Should().Be(summary.Tokens);
        totals.Repeated.Tokens.Total.Should().Be(again.Sum(response => response.Usage?.Total ?? 0));
        totals.Attempts.Should().Be(steps.Where(step => step.Name == "part").Sum(step => step.Fence));
    }

    private Task KillAsync(string[] command, string verb, int reused = 0) =>
        Child.KillAsync(
            Child.Command(command),
            reused + Random.Shared.Next(1, MostLines),
            line =>
            {
                if (line.Split(' ') is [var first, var what, .., "."] && first == verb)
                    _acknowledged.Add(what);
            }
        );

    /// <summary>The questions of a conversation, after a look that each has its answer.</summary>
    private static async Task<IReadOnlyList<string>> ReadQuestionsAsync(Conversation talk)
    {
        var messages = await talk.ReadAsync(cancellationToken: Token).ToListAsync(Token);
        messages
            .Select(message => message.Message.Role)
            .Should()
            .Equal(Enumerable.Range(0, messages.Count).Select(i => i % 2 == 0 ? ChatRole.User : ChatRole.Assistant));
        messages.Chunk(2).Should().OnlyContain(turn => turn[0].Record.ResponseId == turn[1].Record.ResponseId);
        return [.. messages.Where(message => message.Message.Role == ChatRole.User).Select(message => message.Text.TrimEnd())];
    }

    private Task<Session> OpenAsync() => Session.OpenAsync(new() { StoragePath = _directory.Path, SessionId = "s" }, Token);
}
