using System.Text.Json;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Explanations;

public sealed class ExplanationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_IsTracedThroughStepsAndCalls_ToTheDocument()
    {
        await using var test = await OpenAsync();
        var report = await ReportAsync(test.Session);

        var explanation = await test.Session.ExplainAsync(report, cancellationToken: Token);

        explanation.Artifact.Should().BeEquivalentTo(report.Record);
        explanation.LeftOut.Should().Be(0);
        Names(explanation)
            .Should()
            .BeEquivalentTo(
                "report v1",
                "step reduce",
                "step split",
                "step summarise",
                "step summarise",
                "document v1",
                Result(explanation, "split"),
                Result(explanation, "summarise"),
                Result(explanation, "summarise", 1),
                "value",
                "value",
                "value",
                "value",
                "scripted/m",
                "scripted/m",
                "scripted/m"
            );
        Links(explanation)
            .Should()
            .BeEquivalentTo(
                "report v1 AnswerOf scripted/m",
                "report v1 ResultOf step reduce",
                "scripted/m MadeIn step reduce",
                "step reduce Given value",
                "step reduce Given value",
                $"value TakenFrom {Result(explanation, "summarise")}",
                $"value TakenFrom {Result(explanation, "summarise", 1)}",
                $"{Result(explanation, "summarise")} AnswerOf scripted/m",
                $"{Result(explanation, "summarise", 1)} AnswerOf scripted/m",
                $"{Result(explanation, "summarise")} ResultOf step summarise",
                $"{Result(explanation, "summarise", 1)} ResultOf step summarise",
                "scripted/m MadeIn step summarise",
                "scripted/m MadeIn step summarise",
                "step summarise Given value",
                "step summarise Given value",
                $"value TakenFrom {Result(explanation, "split")}",
                $"value TakenFrom {Result(explanation, "split")}",
                $"{Result(explanation, "split")} ResultOf step split",
                "step split Given document v1"
            );
        explanation.Spent.Attempts.Should().Be(3);
        explanation.Spent.Tokens.Total.Should().Be(42);
    }

    [Fact]
    public async Task Document_IsTracedToAllThatWasMadeWithIt()
    {
        await using var test = await OpenAsync();
        await ReportAsync(test.Session);
        await test.Session.StoreArtifactAsync("unrelated", "nothing to do with it", cancellationToken: Token);
        var document = (await test.Session.FindArtifactAsync("document", cancellationToken: Token))!;

        var impact = await test.Session.ImpactAsync(document, cancellationToken: Token);

        impact.Direction.Should().Be(ExplanationDirection.Impact);
        Names(impact).Should().HaveCount(16).And.Contain("report v1").And.NotContain("unrelated v1");
        Links(impact).Should().Contain("step split Given document v1");
    }

    [Fact]
    public async Task WhatNothingWasMadeOf_IsAlone()
    {
        await using var test = await OpenAsync();
        var alone = await test.Session.StoreArtifactAsync("alone", "by itself", cancellationToken: Token);

        (await test.Session.ExplainAsync(alone, cancellationToken: Token)).Nodes.Should().ContainSingle();
        (await test.Session.ImpactAsync(alone, cancellationToken: Token)).Nodes.Should().ContainSingle();
    }

    [Fact]
    public async Task ResultOfAStepThatIsStoredOutsideIt_SaysThatNothingLeadsToIt()
    {
        await using var test = await TestSession.OpenAsync();
        var summary = await test.Session.StepAsync("summarise", [], _ => Task.FromResult("a summary"), cancellationToken: Token);
        var stored = await test.Session.StoreArtifactAsync("summary", summary, cancellationToken: Token);

        var origin = (await test.Session.ExplainAsync(stored, cancellationToken: Token)).ToMarkdown();
        var impact = (await test.Session.ImpactAsync(stored, cancellationToken: Token)).ToMarkdown();

        origin.Should().Contain("\n\nNothing that was recorded leads to it; docs/explain.md says ").And.NotContain("Took");
        impact.Should().Contain("\n\nNothing that was recorded was made with it; docs/explain.md says ").And.NotContain("Took");
    }

    [Fact]
    public async Task Answer_HasItsPrompt_TheArtifactsThatWereSent_AndTheirText()
    {
        await using var test = await OpenAsync();
        var input = await test.Session.StoreArtifactAsync("input", "The sky is blue.", cancellationToken: Token);
        var image = new DataContent(new byte[] { 1, 2, 3 }, "image/png");
        var answer = await test
            .Session.GetChatClient("m", "scripted")
            .GetResponseAsync(
                [new(ChatRole.System, "Be brief."), new(ChatRole.User, [await input.AsContentAsync(Token), image])],
                cancellationToken: Token
            );
        var output = await test.Session.StoreArtifactAsync("output", answer.Text, cancellationToken: Token);

        var explanation = await test.Session.ExplainAsync(output, new() { MaxTextLength = 12 }, Token);

        Links(explanation).Should().BeEquivalentTo("output v1 AnswerOf scripted/m", "scripted/m Sent input v1");
        var prompt = explanation.Nodes.OfType<ResponseNode>().Single().Prompt;
        prompt
            .Select(message => (message.Role, message.Text, message.Length))
            .Should()
            .Equal(("system", "Be brief.", 9), ("user", "The sky is b", 16));
        prompt[1].Data.Should().ContainSingle();
    }

    [Fact]
    public async Task ResultThatIsNoAnswer_IsMadeWithTheCallsOfItsStep()
    {
        await using var test = await OpenAsync();
        var chat = test.Session.GetChatClient("m", "scripted");
        await test.Session.StepAsync(
            "both",
            [],
            async token =>
                new[]
                {
                    (await chat.GetResponseAsync("one", cancellationToken: token)).Text,
                    (await chat.GetResponseAsync("two", cancellationToken: token)).Text,
                },
            new() { ArtifactName = "both" },
            Token
        );
        await chat.GetResponseAsync("three", cancellationToken: Token);
        var both = (await test.Session.FindArtifactAsync("both", cancellationToken: Token))!;

        var explanation = await test.Session.ExplainAsync(both, cancellationToken: Token);

        Links(explanation)
            .Should()
            .BeEquivalentTo(
                "both v1 ResultOf step both",
                "both v1 MadeWith scripted/m",
                "both v1 MadeWith scripted/m",
                "scripted/m MadeIn step both",
                "scripted/m MadeIn step both"
            );
    }

    [Fact]
    public async Task ResultOfAStepWithOthersInIt_IsMadeWithTheirResults()
    {
        await using var test = await OpenAsync();
        var chat = test.Session.GetChatClient("m", "scripted");
        Task<int> InnerAsync(string name, CancellationToken token) =>
            test.Session.StepAsync(
                name,
                [],
                async inner => (await chat.GetResponseAsync(name, cancellationToken: inner)).Text.Length,
                new() { ArtifactName = name },
                token
            );
        await test.Session.StepAsync(
            "outer",
            [],
            async token => await InnerAsync("first", token) + await InnerAsync("second", token),
            new() { ArtifactName = "outer" },
            Token
        );
        await InnerAsync("apart", Token);
        var sum = (await test.Session.FindArtifactAsync("outer", cancellationToken: Token))!;

        var explanation = await test.Session.ExplainAsync(sum, cancellationToken: Token);

        Links(explanation)
            .Should()
            .BeEquivalentTo(
                "outer v1 ResultOf step outer",
                "outer v1 MadeWith first v1",
                "outer v1 MadeWith second v1",
                "first v1 ResultOf step first",
                "first v1 MadeWith scripted/m",
                "scripted/m MadeIn step first",
                "second v1 ResultOf step second",
                "second v1 MadeWith scripted/m",
                "scripted/m MadeIn step second"
            );
        var first = (await test.Session.FindArtifactAsync("first", cancellationToken: Token))!;
        Links(await test.Session.ImpactAsync(first, cancellationToken: Token)).Should().Equal("outer v1 MadeWith first v1");
    }

    [Fact]
    public async Task Turn_ContinuesTheTurnBefore()
    {
        await using var test = await OpenAsync(options => options.Model = "scripted/m");
        var talk = test.Session.Conversation();
        await talk.SendAsync("first", cancellationToken: Token);
        var answer = await talk.SendAsync("second", cancellationToken: Token);
        var output = await test.Session.StoreArtifactAsync("output", answer.Text, cancellationToken: Token);

        var explanation = await test.Session.ExplainAsync(output, cancellationToken: Token);

        Links(explanation).Should().BeEquivalentTo("output v1 AnswerOf scripted/m", "scripted/m Continues scripted/m");
        explanation.Nodes.OfType<ResponseNode>().Select(node => node.Prompt.Single().Text).Should().Equal("second", "first");
    }

    [Fact]
    public async Task TextThatAnAnswerSaid_IsKnownAsItsAnswer_AlsoWhenItWasPutTogetherAnew()
    {
        await using var test = await OpenAsync();
        var answer = await test.Session.GetChatClient("m", "scripted").GetResponseAsync("ask", cancellationToken: Token);
        var text = new string(answer.Text.ToCharArray());
        await test.Session.StepAsync("use", [text], _ => Task.FromResult("used"), new() { ArtifactName = "used" }, Token);
        var used = (await test.Session.FindArtifactAsync("used", cancellationToken: Token))!;

        var explanation = await test.Session.ExplainAsync(used, cancellationToken: Token);

        Links(explanation).Should().Contain("value AnswerOf scripted/m");
    }

    [Fact]
    public async Task ReadArtifacts_AreBehindAResult_AlsoWhenTheyArePurged()
    {
        await using var test = await OpenAsync();
        var notes = await test.Session.StoreArtifactAsync("notes", "as they were", cancellationToken: Token);
        await test.Session.StepAsync(
            "read",
            [],
            async token => (await (await test.Session.FindArtifactAsync("notes", cancellationToken: token))!.ReadTextAsync(token)).Length,
            new() { ArtifactName = "length" },
            Token
        );
        var length = (await test.Session.FindArtifactAsync("length", cancellationToken: Token))!;
        (Links(await test.Session.ExplainAsync(length, cancellationToken: Token))).Should().Contain("step read Read notes v1");

        await test.Session.DeleteArtifactAsync(notes.Id, Token);
        await test.Store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero }, Token);

        var explanation = await test.Session.ExplainAsync(length, cancellationToken: Token);
        Links(explanation).Should().Contain("step read Read artifact notes v1");
        explanation.ToMarkdown().Should().Contain("Not there any more.");
    }

    [Fact]
    public async Task MoreThanWasAskedFor_IsLeftOutAndCounted()
    {
        await using var test = await OpenAsync();
        var report = await ReportAsync(test.Session);

        var explanation = await test.Session.ExplainAsync(report, new() { MaxNodes = 4 }, Token);

        explanation.Nodes.Should().HaveCount(4);
        explanation.LeftOut.Should().BePositive();
        var known = explanation.Nodes.Select(node => node.Id).ToHashSet();
        explanation.Links.Should().OnlyContain(link => known.Contains(link.From) && known.Contains(link.To));
    }

    [Fact]
    public async Task ArtifactOfAnotherSession_IsRefused()
    {
        await using var test = await OpenAsync();
        await using var other = await test.Store.OpenAsync(new() { SessionId = "other" }, Token);
        var artifact = await other.StoreArtifactAsync("theirs", "text", cancellationToken: Token);

        await FluentActions
            .Awaiting(() => test.Session.ExplainAsync(artifact, cancellationToken: Token))
            .Should()
            .ThrowAsync<ArgumentException>()
            .WithMessage("*'theirs' v1*'other'*");
        await FluentActions
            .Awaiting(() => other.ExplainAsync(artifact, new() { MaxNodes = 0 }, Token))
            .Should()
            .ThrowAsync<ArgumentOutOfRangeException>()
            .WithMessage("*MaxNodes is 0*");
    }

    [Fact]
    public async Task PurgedArtifact_IsNotFound()
    {
        await using var test = await OpenAsync();
        var artifact = await test.Session.StoreArtifactAsync("gone", "text", cancellationToken: Token);
        await test.Session.DeleteArtifactAsync(artifact.Id, Token);
        (await test.Session.ExplainAsync(artifact, cancellationToken: Token)).Artifact.TrashedAt.Should().NotBeNull();
        await test.Store.PurgeAsync(new() { TrashedFor = TimeSpan.Zero }, Token);

        await FluentActions
            .Awaiting(() => test.Session.ExplainAsync(artifact, cancellationToken: Token))
            .Should()
            .ThrowAsync<NotFoundException>()
            .WithMessage("*'gone' v1*purged*");
    }

    [Fact]
    public async Task Explanation_IsReadTheSameTwice_AndSurvivesJson()
    {
        await using var test = await OpenAsync();
        var report = await ReportAsync(test.Session);

        var first = await test.Session.ExplainAsync(report, cancellationToken: Token);
        var second = await test.Session.ExplainAsync(report, cancellationToken: Token);

        second.ToMarkdown().Should().Be(first.ToMarkdown());
        second.ToProvJson().Should().Be(first.ToProvJson());
        var json = JsonSerializer.SerializeToElement(first);
        json.GetProperty("Nodes")[0].GetProperty("kind").GetString().Should().Be("artifact");
        json.GetProperty("Links").GetArrayLength().Should().Be(first.Links.Count);
    }

    /// <summary>Splits a document, summarises its two parts, and puts the summaries together; every answer repeats what it was asked.</summary>
    private static async Task<Artifact> ReportAsync(Session session)
    {
        var document = await session.StoreArtifactAsync("document", "one|two", role: ArtifactRole.Input, cancellationToken: Token);
        var parts = await session.StepAsync(
            "split",
            [document],
            async token => (await document.ReadTextAsync(token)).Split('|'),
            cancellationToken: Token
        );
        var chat = session.GetChatClient("m", "scripted");
        var summaries = new List<string>();
        var map = session.MapAsync(
            "summarise",
            parts,
            async (part, token) => (await chat.GetResponseAsync($"Summarise: {part}", cancellationToken: token)).Text,
            new() { MaxConcurrency = 1 },
            Token
        );
        await foreach (var part in map)
            summaries.Add(part.Value);
        await session.StepAsync(
            "reduce",
            [.. summaries],
            async token => (await chat.GetResponseAsync(string.Join(' ', summaries), cancellationToken: token)).Text,
            new() { ArtifactName = "report" },
            Token
        );
        return (await session.FindArtifactAsync("report", cancellationToken: Token))!;
    }

    private static Task<TestSession> OpenAsync(Action<SessionOptions>? configure = null) =>
        TestSession.OpenAsync(options =>
        {
            options.Providers["scripted"] = new()
            {
                Implementation = new ScriptedProvider(_ => new ScriptedChatClient(
                    (messages, _, token) => ScriptedChatClient.UpdatesAsync([$"Re: {messages[^1].Text}"], null, token)
                )),
                ApiKey = TestSession.Key,
            };
            configure?.Invoke(options);
        });

    private static string Result(Explanation explanation, string step, int index = 0) =>
        explanation
            .Nodes.OfType<ArtifactNode>()
            .Select(node => node.ToString())
            .Where(name => name.StartsWith($"step/{step}/", StringComparison.Ordinal))
            .ElementAt(index);

    private static IEnumerable<string> Names(Explanation explanation) => explanation.Nodes.Select(Name);

    private static IEnumerable<string> Links(Explanation explanation)
    {
        var names = explanation.Nodes.ToDictionary(node => node.Id, Name);
        return explanation.Links.Select(link => $"{names[link.From]} {link.Relation} {names[link.To]}");
    }

    private static string Name(ExplanationNode node) => node is ValueNode ? "value" : node.ToString()!;
}
