using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Core.Tests.Explanations;

public sealed class ExplanationFormatTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ContentDigest Content = ContentDigest.Of("content"u8);
    private static readonly ContentDigest Question = ContentDigest.Of("question"u8);
    private static readonly ContentDigest Step = ContentDigest.Of("step"u8);

    [Fact]
    public void Markdown_HasTheGraph_AndASectionForEach()
    {
        Explained()
            .ToMarkdown()
            .Should()
            .Be(
                $"""
                # What is behind sum\_up v2

                - Session: s1, Sums
                - Owner: ada
                - Application: 1.2.3
                - Took: 1 response, 2 attempts, 14 tokens, 0.07 USD

                ```mermaid
                flowchart TD
                    n1["1. sum_up v2"]
                    n2(["2. acme/large"])
                    n3[["3. step say #34;hi#34;"]]
                    n4["4. artifact gone"]
                    n1 -->|answer of| n2
                    n2 -->|made in| n3
                    n2 -->|sent| n4
                ```

                ## 1. sum\_up v2

                - Id: a1
                - Role: output
                - Content: text/plain, 7 bytes, {Content}
                - Stored: 2026-01-02 03:04:05 UTC

                ## 2. acme/large

                - Id: r1
                - Asked: acme/large
                - Served by: acme/small-2026
                - Outcome: succeeded, 2026-01-02 03:04:05 UTC, 1.5 s
                - Application: 1.2.3
                - Tokens: 10 in, 4 out
                - Cost: 0.07 USD at the price of our contract, 2026-01-01
                - Attempt 1: first of call 1, acme/large, 0.5 s: failed (ServerError: It is down.)
                - Attempt 2: fallback of call 1, acme/small, 1 s: succeeded, because of ServerError, 0.07 USD (our contract, 2026-01-01)

                **user** (20 characters, {Question})

                ````
                What is ```this```?…
                ````

                ## 3. step say "hi"

                - Key: {Step}
                - Status: kept
                - Run 1: first, by host/1/2, 2026-01-02 03:04:05 UTC, 2 s: kept

                ## 4. artifact gone

                Not there any more.

                """
            );
    }

    [Fact]
    public void Prov_NamesEntitiesActivitiesAndAgents_AndHowTheyHangTogether()
    {
        var prov = JsonElement.Parse(Explained().ToProvJson());

        prov.GetProperty("prefix").GetProperty("dossier").GetString().Should().Be("urn:dossier:");
        Members(prov, "entity").Should().Equal("dossier:artifact%2Fs1%2Fa1", "dossier:artifact%2Fs1%2Fgone");
        Members(prov, "activity").Should().Equal("dossier:response%2Fs1%2Fr1", "dossier:step%2Fs1%2Fk");
        Members(prov, "agent")
            .Should()
            .Equal(
                "dossier:application%2F1.2.3",
                "dossier:model%2Facme%2Fsmall-2026",
                "dossier:owner%2Fada",
                "dossier:process%2Fhost%2F1%2F2"
            );
        var response = prov.GetProperty("activity").GetProperty("dossier:response%2Fs1%2Fr1");
        response.GetProperty("prov:startTime").GetString().Should().Be("2026-01-02T03:04:05.0000000Z");
        response.GetProperty("prov:endTime").GetString().Should().Be("2026-01-02T03:04:06.5000000Z");
        response.GetProperty("dossier:priceSource").GetString().Should().Be("our contract, 2026-01-01");
        Pairs(prov, "wasGeneratedBy", "prov:entity", "prov:activity").Should().Equal(("artifact%2Fs1%2Fa1", "response%2Fs1%2Fr1"));
        Pairs(prov, "used", "prov:activity", "prov:entity").Should().Equal(("response%2Fs1%2Fr1", "artifact%2Fs1%2Fgone"));
        Pairs(prov, "wasInformedBy", "prov:informed", "prov:informant").Should().Equal(("response%2Fs1%2Fr1", "step%2Fs1%2Fk"));
        Pairs(prov, "wasAssociatedWith", "prov:activity", "prov:agent")
            .Should()
            .BeEquivalentTo([
                ("response%2Fs1%2Fr1", "model%2Facme%2Fsmall-2026"),
                ("response%2Fs1%2Fr1", "application%2F1.2.3"),
                ("step%2Fs1%2Fk", "process%2Fhost%2F1%2F2"),
                ("response%2Fs1%2Fr1", "owner%2Fada"),
                ("step%2Fs1%2Fk", "owner%2Fada"),
            ]);
    }

    [Fact]
    public void NamesThatLookLikeMarkup_StayText()
    {
        var explained = Explained();
        var artifact = (ArtifactNode)explained.Nodes[0];
        var hostile = explained with
        {
            Nodes = [artifact with { Record = artifact.Record! with { Name = "\"] --> evil[\"<script>`" } }, .. explained.Nodes.Skip(1)],
        };

        var markdown = hostile.ToMarkdown();

        markdown.Should().Contain("""n1["1. #34;] --#62; evil[#34;#60;script#62;#96; v2"]""");
        markdown.Should().StartWith("""# What is behind "\] --\> evil\["\<script\>\` v2""");
    }

    private static Explanation Explained()
    {
        var source = new FactSource("our contract", new(2026, 1, 1));
        var down = new ResponseError { Message = "It is down.", Kind = ProviderErrorKind.ServerError };
        var cost = new Cost { Amount = 0.07m, PriceSource = source };
        var usage = new TokenUsage { Input = 10, Output = 4 };
        return new()
        {
            Direction = ExplanationDirection.Origin,
            Session = new()
            {
                Id = "s1",
                Name = "Sums",
                Owner = "ada",
                ApplicationVersion = "1.2.3",
            },
            Nodes =
            [
                new ArtifactNode
                {
                    Id = "artifact/s1/a1",
                    SessionId = "s1",
                    Reference = "a1",
                    Record = new()
                    {
                        SessionId = "s1",
                        Id = "a1",
                        Name = "sum_up",
                        Version = 2,
                        ContentType = "text/plain",
                        Role = ArtifactRole.Output,
                        Digest = Content,
                        Size = 7,
                        CreatedAt = At,
                    },
                },
                new ResponseNode
                {
                    Id = "response/s1/r1",
                    SessionId = "s1",
                    ResponseId = "r1",
                    Prompt = [new(Question, "user", "What is ```this```?", 20, [])],
                    Record = new()
                    {
                        Id = "r1",
                        SessionId = "s1",
                        Provider = "acme",
                        RequestedModel = "large",
                        ServedModel = "small-2026",
                        StartedAt = At,
                        Duration = TimeSpan.FromSeconds(1.5),
                        ApplicationVersion = "1.2.3",
                        Usage = usage,
                        Cost = cost,
                        Attempts =
                        [
                            new()
                            {
                                Number = 1,
                                Provider = "acme",
                                RequestedModel = "large",
                                StartedAt = At,
                                Duration = TimeSpan.FromSeconds(0.5),
                                Outcome = AttemptOutcome.Failed,
                                Error = down,
                            },
                            new()
                            {
                                Number = 2,
                                Reason = AttemptReason.Fallback,
                                Cause = down,
                                Provider = "acme",
                                RequestedModel = "small",
                                ServedModel = "small-2026",
                                StartedAt = At,
                                Duration = TimeSpan.FromSeconds(1),
                                Outcome = AttemptOutcome.Succeeded,
                                Usage = usage,
                                Cost = cost,
                            },
                        ],
                    },
                },
                new StepNode
                {
                    Id = "step/s1/k",
                    SessionId = "s1",
                    Key = Step,
                    Record = new()
                    {
                        SessionId = "s1",
                        Key = Step,
                        Name = "say \"hi\"",
                        ResultType = "System.String",
                        Status = StepStatus.Kept,
                        Attempts =
                        [
                            new()
                            {
                                Number = 1,
                                Owner = "host/1/2",
                                StartedAt = At,
                                Duration = TimeSpan.FromSeconds(2),
                                Outcome = StepOutcome.Kept,
                            },
                        ],
                    },
                },
                new ArtifactNode
                {
                    Id = "artifact/s1/gone",
                    SessionId = "s1",
                    Reference = "gone",
                },
            ],
            Links =
            [
                new("artifact/s1/a1", "response/s1/r1", ExplanationRelation.AnswerOf),
                new("response/s1/r1", "step/s1/k", ExplanationRelation.MadeIn),
                new("response/s1/r1", "artifact/s1/gone", ExplanationRelation.Sent),
            ],
        };
    }

    private static IEnumerable<string> Members(JsonElement prov, string kind) =>
        prov.GetProperty(kind).EnumerateObject().Select(member => member.Name);

    private static IEnumerable<(string, string)> Pairs(JsonElement prov, string relation, string from, string to) =>
        prov.GetProperty(relation)
            .EnumerateObject()
            .Select(member => (member.Value.GetProperty(from).GetString()![8..], member.Value.GetProperty(to).GetString()![8..]));
}
