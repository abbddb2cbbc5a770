using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Diffs;

public sealed class SessionDiffTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ForkThatDidNothing_IsTheSame()
    {
        await using var test = await TestSession.OpenAsync();
        await WorkAsync(test.Session, "Summarise: a", "A.");
        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);

        var diff = await test.Session.DiffAsync(fork, Token);

        diff.IsSame.Should().BeTrue();
        (diff.SharedResponses, diff.Responses.Count, diff.SameArtifacts, diff.Artifacts.Count).Should().Be((1, 0, 2, 0));
        diff.Steps.Should().ContainSingle().Which.Should().Match<StepDiff>(step => step.Kind == DiffKind.Same && step.IsReused);
        diff.RightTotals.Should().BeEquivalentTo(diff.LeftTotals with { Inherited = 1 });
        diff.ToString()
            .Should()
            .Contain("\nSteps, prompts, outputs and artifacts are the same.\n")
            .And.EndWith("\nArtifacts  0 same, 0 changed, 0 added, 0 removed, 2 shared");
    }

    [Fact]
    public async Task ChangedPrompt_IsShownWithWhatItChanged()
    {
        await using var test = await TestSession.OpenAsync();
        await using var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        await WorkAsync(test.Session, "Summarise:\nthe text", "It is\nlong.");
        await WorkAsync(other, "Summarise briefly:\nthe text", "It is\nshort.");

        var diff = await test.Session.DiffAsync(other, Token);

        var response = diff.Responses.Should().ContainSingle().Subject;
        (response.Kind, response.Step, response.ModelChanged, response.OutcomeChanged)
            .Should()
            .Be((DiffKind.Changed, "work", false, false));
        response.Prompt!.ToString().Should().Be("- user: Summarise:\n+ user: Summarise briefly:\n  the text");
        response.Output!.ToString().Should().Be("  assistant: It is\n- long.\n+ short.");
        response.Options.Should().BeNull();
        var step = diff.Steps.Should().ContainSingle().Subject;
        (step.Kind, step.InputsChanged, step.ResultChanged, step.IsReused).Should().Be((DiffKind.Changed, true, true, false));
        step.Result!.ToString().Should().Be("  It is\n- long.\n+ short.");
        diff.IsSame.Should().BeFalse();
        var text = diff.ToString();
        text.Should().Contain("\n~ step work: inputs, result\n    result: -1 +1\n        It is\n      - long.\n      + short.\n");
        text.Should()
            .Contain(
                "\n~ response scripted/script-1 (script-1-2026-01-01) in step work: prompt, output\n    14 tokens, unpriced, 0.00 s, succeeded\n"
            );
    }

    [Fact]
    public async Task SameRequests_BelongTogetherWhateverCameBetween()
    {
        await using var test = await TestSession.OpenAsync();
        await using var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        foreach (var prompt in new[] { "one", "two", "three" })
            await AskAsync(test.Session, prompt, prompt.ToUpperInvariant());
        foreach (var prompt in new[] { "three", "new", "one", "three" })
            await AskAsync(other, prompt, prompt.ToUpperInvariant());

        var diff = await test.Session.DiffAsync(other, Token);

        diff.Responses.Select(it => it.Kind).Should().Equal(DiffKind.Same, DiffKind.Changed, DiffKind.Same, DiffKind.Added);
        diff.Responses[1].Prompt!.ToString().Should().Be("- user: two\n+ user: new");
    }

    [Fact]
    public async Task OptionsModelsAndOutcomes_AreCompared()
    {
        await using var test = await TestSession.OpenAsync();
        await using var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        await AskAsync(test.Session, "a", "A", new() { Temperature = 0.5f });
        await AskAsync(other, "a", "A", new() { Temperature = 1, TopK = 3 });
        await test.Session.Responses.TrackAsync("score", new() { Provider = "p", RequestedModel = "m-1" }, Token);
        await other.Responses.TrackAsync(
            "score",
            new()
            {
                Provider = "p",
                RequestedModel = "m-2",
                Success = false,
            },
            Token
        );

        var diff = await test.Session.DiffAsync(other, Token);

        diff.Responses[0].Options!.ToString().Should().Be("- temperature: 0.5\n+ temperature: 1\n+ topK: 3");
        (diff.Responses[0].Prompt, diff.Responses[0].Output).Should().Be((null, null));
        (diff.Responses[1].ModelChanged, diff.Responses[1].OutcomeChanged).Should().Be((true, true));
    }

    [Fact]
    public async Task Artifacts_AreComparedByNameAndVersion()
    {
        await using var test = await TestSession.OpenAsync();
        await test.Session.StoreArtifactAsync("same", "x", cancellationToken: Token);
        await test.Session.StoreArtifactAsync("report", "one\ntwo", cancellationToken: Token);
        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);
        await test.Session.StoreArtifactAsync("report", "one\nthree", metadata: Pages(1), cancellationToken: Token);
        await test.Session.StoreArtifactAsync("gone", "x", cancellationToken: Token);
        await fork.StoreArtifactAsync("report", "one\nfour", metadata: Pages(2), cancellationToken: Token);
        await fork.StoreArtifactAsync("new", new byte[] { 1, 2 }, cancellationToken: Token);

        var diff = await test.Session.DiffAsync(fork, Token);

        diff.SameArtifacts.Should().Be(2);
        diff.Artifacts.Select(it => (it.Name, it.Kind))
            .Should()
            .Equal(("gone v1", DiffKind.Removed), ("new v1", DiffKind.Added), ("report v2", DiffKind.Changed));
        diff.Artifacts[2].Metadata.Should().Equal("pages");
        diff.Artifacts[2].Content!.ToString().Should().Be("  one\n- three\n+ four");
        diff.ToString().Should().Contain("\n~ artifact report v2: text/plain, 9 bytes, sha256:");

        static Dictionary<string, object?> Pages(int count) => new() { ["pages"] = count };
    }

    [Fact]
    public async Task LargeText_IsComparedToABoundAndSaysSo()
    {
        await using var test = await TestSession.OpenAsync();
        await using var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        var same = string.Join('\n', Enumerable.Range(0, 40_000));
        await test.Session.StoreArtifactAsync("large", same + "\none", cancellationToken: Token);
        await other.StoreArtifactAsync("large", same + "\ntwo", cancellationToken: Token);

        var diff = await test.Session.DiffAsync(other, Token);

        var content = diff.Artifacts.Should().ContainSingle().Subject.Content!;
        (content.Lines.Count, content.IsCut).Should().Be((0, true));
    }

    [Fact]
    public async Task Steps_AreAddedRemovedAndReused()
    {
        await using var test = await TestSession.OpenAsync();
        await StepAsync(test.Session, "kept", "1");
        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);
        await StepAsync(test.Session, "old", "2");
        await StepAsync(fork, "kept", "1");
        await StepAsync(fork, "new", "3");

        var diff = await test.Session.DiffAsync(fork, Token);

        diff.Steps.Select(it => (it.Name, it.Kind, it.IsReused))
            .Should()
            .Equal(("kept", DiffKind.Same, true), ("new", DiffKind.Added, false), ("old", DiffKind.Removed, false));

        static Task StepAsync(Session session, string name, string input) =>
            session.Steps.RunAsync(name, [input], _ => Task.FromResult(name), null, Token);
    }

    [Fact]
    public async Task Totals_SayWhatWasInherited()
    {
        await using var test = await TestSession.OpenAsync();
        await AskAsync(test.Session, "a", "A");
        await using var fork = await test.Session.ForkAsync(cancellationToken: Token);
        await AskAsync(fork, "b", "B");

        var diff = await test.Session.DiffAsync(fork, Token);

        (diff.LeftTotals.Responses, diff.LeftTotals.Inherited, diff.LeftTotals.Spent.Tokens.Total).Should().Be((1, 0, 14L));
        (diff.RightTotals.Responses, diff.RightTotals.Inherited, diff.RightTotals.Spent.Tokens.Total).Should().Be((2, 1, 28L));
        diff.Responses.Should().ContainSingle().Which.Kind.Should().Be(DiffKind.Added);
    }

    [Fact]
    public async Task Replay_BelongsToWhatItReplays()
    {
        await using var test = await TestSession.OpenAsync();
        var chat = test.Session.GetChatClient("scripted/script-1");
        foreach (var prompt in new[] { "one", "one", "two" })
            await chat.GetResponseAsync(prompt, cancellationToken: Token);
        await using var replay = await test.Store.OpenAsync(
            new()
            {
                SessionId = "replay",
                ReplayFrom = test.Session.Id,
                Replay = ReplayMode.Only,
            },
            Token
        );
        foreach (var prompt in new[] { "two", "one" })
            await replay.GetChatClient("scripted/script-1").GetResponseAsync(prompt, cancellationToken: Token);

        var diff = await test.Session.DiffAsync(replay, Token);

        diff.Responses.Select(it => it.Kind).Should().Equal(DiffKind.Removed, DiffKind.Same, DiffKind.Same);
        diff.Responses.Skip(1).Should().AllSatisfy(pair => pair.Right!.Attempts[0].ReplayedFrom!.ResponseId.Should().Be(pair.Left!.Id));
        diff.RightTotals.Spent.Tokens.Total.Should().Be(0);
    }

    [Fact]
    public async Task UnknownSession_IsNotFound()
    {
        await using var test = await TestSession.OpenAsync();

        await test.Store.Invoking(it => it.DiffAsync(test.Session.Id, "nowhere", Token)).Should().ThrowAsync<NotFoundException>();
        await test.Store.Invoking(it => it.DiffAsync("../x", test.Session.Id, Token)).Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task TextThatIsMissing_IsToldByItsAddress()
    {
        await using var test = await TestSession.OpenAsync();
        await using var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        var (one, two) = (ContentDigest.Of("one"u8), ContentDigest.Of("two"u8));
        await RecordAsync(test, test.Session, one);
        await RecordAsync(test, other, two);

        var diff = await test.Session.DiffAsync(other, Token);

        diff.Responses.Should().ContainSingle().Which.Prompt!.ToString().Should().Be($"- message {one}\n+ message {two}");

        static async Task RecordAsync(TestSession test, Session session, ContentDigest message) =>
            await test.Storage.Records.CommitAsync(
                new()
                {
                    CommitId = Guid.CreateVersion7(),
                    SessionId = session.Id,
                    At = test.Time.GetUtcNow(),
                    Responses =
                    [
                        new()
                        {
                            Id = new('b', 32),
                            Provider = "p",
                            RequestedModel = "m",
                            StartedAt = test.Time.GetUtcNow(),
                            RequestMessages = [message],
                        },
                    ],
                },
                Token
            );
    }

    private static Task<StepResult<string>> WorkAsync(Session session, string prompt, string answer) =>
        session.Steps.RunAsync(
            "work",
            [prompt],
            async token =>
            {
                await session.StoreArtifactAsync("input", "the text", cancellationToken: token);
                return (await AskAsync(session, prompt, answer)).Text;
            },
            null,
            Token
        );

    private static Task<ChatResponse> AskAsync(Session session, string prompt, string answer, ChatOptions? options = null) =>
        session.Track(ScriptedChatClient.Answering(answer), "scripted/script-1").GetResponseAsync(prompt, options, Token);
}
