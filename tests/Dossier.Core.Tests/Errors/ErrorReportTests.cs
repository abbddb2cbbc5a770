using System.Globalization;
using System.Text.Json;
using Dossier.Storage;
using Dossier.Tests;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Errors;

public sealed class ErrorReportTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ContentDigest Step = ContentDigest.Of("step"u8);
    private static readonly Dictionary<ContentDigest, string> StepNames = new() { [Step] = "summarise" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void FailuresOfOneKindModelAndStep_AreOneGroup_WithWhatBecameOfThem()
    {
        var limited = Error(ProviderErrorKind.RateLimited, "Slow down.");
        var down = Error(ProviderErrorKind.ServerError, "It is down.");

        var report = Report(
            Response(
                ResponseOutcome.Succeeded,
                Attempt(0, AttemptReason.First, "a", limited),
                Attempt(1, AttemptReason.Retry, "a", limited),
                Attempt(2, AttemptReason.Fallback, "b")
            ) with
            {
                StepKey = Step,
            },
            Response(ResponseOutcome.Failed, Attempt(3, AttemptReason.First, "a", limited)) with
            {
                StepKey = Step,
                Error = limited,
            },
            Response(ResponseOutcome.Failed, Attempt(4, AttemptReason.First, "a", down)) with
            {
                Error = down,
            },
            Response(ResponseOutcome.Succeeded, Attempt(5, AttemptReason.First, "a"))
        );

        report.Responses.Should().Be(4);
        report.Failures.Should().Be(4);
        report.Recovered.Should().Be(1);
        report.Lost.Should().Be(2);
        report.Groups.Should().HaveCount(2);
        report
            .Groups[0]
            .Should()
            .BeEquivalentTo(
                new
                {
                    Source = FailureSource.Model,
                    Kind = ProviderErrorKind.RateLimited,
                    Type = (string?)null,
                    Subject = "a/m",
                    Step = "summarise",
                    Count = 3,
                    Retried = 1,
                    FellBack = 1,
                    Lost = 1,
                    FirstSeen = Start,
                    LastSeen = Start.AddSeconds(3),
                    Message = "Slow down.",
                }
            );
        report
            .Groups[1]
            .Should()
            .BeEquivalentTo(
                new
                {
                    Kind = ProviderErrorKind.ServerError,
                    Step = (string?)null,
                    Lost = 1,
                }
            );
    }

    [Fact]
    public void LostAnswer_LosesWhatItsGoodAttemptsTook_AnAnswerThatCameOnlyItsFailedOnes()
    {
        var cut = Error(ProviderErrorKind.StreamInterrupted, "It broke off.");

        var report = Report(
            Response(
                ResponseOutcome.Failed,
                Attempt(0, AttemptReason.First, "a") with
                {
                    Usage = new() { Input = 10 },
                    Cost = Cost(1),
                },
                Attempt(1, AttemptReason.First, "a", cut) with
                {
                    ModelCall = 2,
                    Usage = new() { Input = 5 },
                }
            ),
            Response(
                ResponseOutcome.Succeeded,
                Attempt(2, AttemptReason.First, "a", cut) with
                {
                    Usage = new() { Output = 3 },
                    Cost = Cost(0.5m),
                },
                Attempt(3, AttemptReason.Retry, "a") with
                {
                    Usage = new() { Output = 100 },
                    Cost = Cost(50),
                }
            )
        );

        report.Wasted.Attempts.Should().Be(3);
        report.Wasted.Tokens.Should().Be(new TokenUsage { Input = 15, Output = 3 });
        report.Wasted.Costs.Should().Equal(new Dictionary<string, decimal> { ["USD"] = 1.5m });
        report.Wasted.Unpriced.Should().Be(1);
        var group = report.Groups.Should().ContainSingle().Subject;
        group.Wasted.Tokens.Should().Be(new TokenUsage { Input = 5, Output = 3 });
        group.Retried.Should().Be(1);
    }

    [Fact]
    public void ToolsStepsAndWhatWasNeverSent_AreFailuresOfTheirOwn()
    {
        var thrown = new ResponseError { Type = "System.IO.IOException", Message = "No such file." };
        var refused = new ResponseError { Type = "Dossier.BudgetExceededException", Message = "No room." };
        var errors = new ErrorTally();
        errors.Add(
            Response(ResponseOutcome.Succeeded, Attempt(0, AttemptReason.First, "a")) with
            {
                ToolCalls =
                [
                    Tool("read", ToolCallOutcome.Failed, thrown),
                    Tool("read", ToolCallOutcome.Succeeded, null),
                    Tool("guess", ToolCallOutcome.NotInvoked, new() { Message = "No such tool." }),
                ],
            }
        );
        errors.Add(Response(ResponseOutcome.Failed) with { Error = refused });
        errors.Add(
            new StepRecord
            {
                Key = Step,
                Name = "summarise",
                ResultType = "string",
                Attempts =
                [
                    new()
                    {
                        Number = 1,
                        Owner = "o",
                        StartedAt = Start,
                        Outcome = StepOutcome.Failed,
                        Error = thrown,
                    },
                    new()
                    {
                        Number = 2,
                        Owner = "o",
                        StartedAt = Start,
                        Outcome = StepOutcome.Kept,
                    },
                ],
            }
        );

        var report = errors.ToReport("s", StepNames);

        report.ToString().Should().StartWith("4 failures (3 in 2 responses, 1 in steps): ");
        report
            .Groups.Select(group => (group.Source, group.Subject, group.Type, group.Count))
            .Should()
            .BeEquivalentTo([
                (FailureSource.Tool, "read", "System.IO.IOException", 1),
                (FailureSource.Tool, "guess", null, 1),
                (FailureSource.Response, "a/m", "Dossier.BudgetExceededException", 1),
                (FailureSource.Step, "summarise", (string?)"System.IO.IOException", 1),
            ]);
        report.Recovered.Should().Be(1);
        report.Lost.Should().Be(1);
    }

    [Fact]
    public void WhatAnAnswerWasLostTo_IsAFailureOnce()
    {
        var thrown = new ResponseError { Type = "System.IO.IOException", Message = "No such file." };
        var down = Error(ProviderErrorKind.ServerError, "It is down.");
        var redactor = new ResponseError { Type = "Dossier.RedactionException", Message = "The redactor failed." };
        var late = Error(ProviderErrorKind.Timeout, "Too late.");

        var report = Report(
            // A tool that ended the call is the failure, and not the call again.
            Response(ResponseOutcome.Failed, Attempt(0, AttemptReason.First, "a")) with
            {
                ToolCalls = [Tool("read", ToolCallOutcome.Failed, thrown)],
                Error = thrown,
            },
            // A retry that helped is not what the answer was lost to.
            Response(ResponseOutcome.Failed, Attempt(1, AttemptReason.First, "a", down), Attempt(2, AttemptReason.Retry, "a")) with
            {
                Error = redactor,
            },
            Response(ResponseOutcome.Failed, Attempt(3, AttemptReason.First, "a", down)) with
            {
                Error = late,
            }
        );

        report.Lost.Should().Be(3);
        report
            .Groups.Select(group => (group.Source, group.Kind, group.Type, group.Count))
            .Should()
            .BeEquivalentTo([
                (FailureSource.Model, ProviderErrorKind.ServerError, null, 2),
                (FailureSource.Tool, ProviderErrorKind.Unknown, "System.IO.IOException", 1),
                (FailureSource.Response, ProviderErrorKind.Unknown, "Dossier.RedactionException", 1),
                (FailureSource.Response, ProviderErrorKind.Timeout, (string?)null, 1),
            ]);
    }

    [Fact]
    public void CancelledAndUnsuitable_AreNoFailures()
    {
        var report = Report(
            Response(
                ResponseOutcome.Cancelled,
                Attempt(0, AttemptReason.First, "a") with
                {
                    Outcome = AttemptOutcome.Cancelled,
                    Error = Error(ProviderErrorKind.Unknown, "Given up."),
                }
            ),
            Response(
                ResponseOutcome.Succeeded,
                Attempt(1, AttemptReason.First, "a") with
                {
                    Outcome = AttemptOutcome.Skipped,
                    Error = Error(ProviderErrorKind.Unknown, "It has no tools."),
                },
                Attempt(2, AttemptReason.Fallback, "b")
            )
        );

        report.Groups.Should().BeEmpty();
        (report.Recovered, report.Lost).Should().Be((0, 0));
        report.ToString().Should().Be("No failures in 2 responses");
    }

    [Fact]
    public void OpenCircuit_IsAFailure_ThatFellBack()
    {
        var report = Report(
            Response(
                ResponseOutcome.Succeeded,
                Attempt(0, AttemptReason.First, "a") with
                {
                    Outcome = AttemptOutcome.Skipped,
                    Error = Error(ProviderErrorKind.CircuitOpen, "It was not called."),
                },
                Attempt(1, AttemptReason.Fallback, "b")
            )
        );

        report.Groups.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Kind = ProviderErrorKind.CircuitOpen, FellBack = 1 });
    }

    [Fact]
    public void Text_IsTheSameInEveryCulture()
    {
        var report = Report([
            .. Enumerable.Repeat(
                Response(
                    ResponseOutcome.Failed,
                    Attempt(0, AttemptReason.First, "a", Error(ProviderErrorKind.Timeout, "No answer\nin time.")) with
                    {
                        Usage = new() { Input = 2 },
                        Cost = Cost(0.25m),
                    }
                ),
                1234
            ),
        ]);
        var culture = CultureInfo.CurrentCulture;
        var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (other.NumberFormat.NumberGroupSeparator, other.NumberFormat.NumberDecimalSeparator) = (".", ",");
        CultureInfo.CurrentCulture = other;
        try
        {
            report
                .ToString()
                .Should()
                .Be(
                    """
                    1,234 failures in 1,234 responses: 0 recovered, 1,234 lost
                    Spent for nothing: 2,468 tokens, 308.50 USD
                    1,234 × Timeout, a/m: 1234 lost; 2026-01-02 03:04:05
                            No answer in time.
                    """.ReplaceLineEndings("\n")
                );
            report.Line.Should().Be("1,234 (1,234 × Timeout); 0 recovered, 1,234 lost");
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public async Task Session_ReportsItsErrors_AndItsSummaryHasALineOfThem()
    {
        await using var test = await TestSession.OpenAsync();
        var chat = test.Session.Track(
            ScriptedChatClient.Failing(new HttpRequestException($"The key {TestSession.Key} is wrong.")),
            "acme/m"
        );
        var call = () => chat.GetResponseAsync("hi", cancellationToken: Token);
        await call.Should().ThrowAsync<HttpRequestException>();

        var report = await test.Session.GetErrorReportAsync(Token);

        report.SessionId.Should().Be(test.Session.Id);
        var group = report.Groups.Should().ContainSingle().Subject;
        group
            .Should()
            .BeEquivalentTo(
                new
                {
                    Subject = "acme/m",
                    Count = 1,
                    Lost = 1,
                }
            );
        group.Message.Should().NotContain(TestSession.Key);
        var summary = await test.Session.GetSummaryAsync(Token);
        summary.Errors.Should().BeEquivalentTo(report);
        summary.ToString().Should().MatchRegex("(?m)^Failures +1 \\(1 × StreamInterrupted\\); 0 recovered, 1 lost$");
        JsonSerializer.Serialize(report).Should().Contain("\"Kind\":\"StreamInterrupted\"");
    }

    [Fact]
    public async Task FileThatABodyCannotRead_IsNoAnswerThatBrokeOff()
    {
        await using var test = await TestSession.OpenAsync();
        var step = () =>
            test.Session.StepAsync("read", [], Task<string> (_) => throw new IOException("The disk is full."), cancellationToken: Token);
        await step.Should().ThrowAsync<IOException>();

        var group = (await test.Session.GetErrorReportAsync(Token)).Groups.Should().ContainSingle().Subject;

        (group.Source, group.Kind, group.Type).Should().Be((FailureSource.Step, ProviderErrorKind.Unknown, typeof(IOException).FullName));
    }

    private static ErrorReport Report(params TrackedResponse[] responses)
    {
        var errors = new ErrorTally();
        foreach (var response in responses)
            errors.Add(response);
        return errors.ToReport("s", StepNames);
    }

    private static TrackedResponse Response(ResponseOutcome outcome, params Attempt[] attempts) =>
        new()
        {
            Id = "0123456789abcdef0123456789abcdef",
            Provider = "a",
            RequestedModel = "m",
            StartedAt = Start,
            Outcome = outcome,
            Attempts = attempts,
        };

    private static Attempt Attempt(int second, AttemptReason reason, string provider, ResponseError? error = null) =>
        new()
        {
            Number = 1,
            Reason = reason,
            Provider = provider,
            RequestedModel = "m",
            StartedAt = Start.AddSeconds(second),
            Outcome = error is null ? AttemptOutcome.Succeeded : AttemptOutcome.Failed,
            Error = error,
        };

    private static ToolCall Tool(string name, ToolCallOutcome outcome, ResponseError? error) =>
        new()
        {
            ModelCall = 1,
            CallId = "c",
            Name = name,
            StartedAt = Start,
            Outcome = outcome,
            Error = error,
        };

    private static ResponseError Error(ProviderErrorKind kind, string message) => new() { Message = message, Kind = kind };

    private static Cost Cost(decimal amount) => new() { Amount = amount, PriceSource = new("test") };
}
