using System.Text.Json;
using System.Text.Json.Serialization;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Core.Tests.Steps;

/// <summary>What can be the result of a step, and comes back as it was; and what cannot.</summary>
public sealed partial class StepResultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResultsOfAllKinds_ComeBackAsTheyWere()
    {
        await using var test = await TestSession.OpenAsync();

        await AssertComesBackAsync(test, (1, "one"));
        await AssertComesBackAsync(test, new List<(string, double)> { ("half", 0.5) });
        await AssertComesBackAsync(test, new Point(1, "one"));
        await AssertComesBackAsync(test, (Point?)null);
        await AssertComesBackAsync(test, new Fields { Count = 3, Name = "three" });
        await AssertComesBackAsync(test, ContentDigest.Of([1, 2]));
        await AssertComesBackAsync(test, new Dictionary<string, int[]> { ["b"] = [1], ["a"] = [] });
        await AssertComesBackAsync<IReadOnlyList<byte>>(test, new byte[] { 1, 2 });
        await AssertComesBackAsync<IEnumerable<char>>(test, "text");
        await AssertComesBackAsync(test, 1.10m);
        await AssertComesBackAsync(test, "");
        await AssertComesBackAsync(test, Array.Empty<byte>());
        await AssertComesBackAsync(test, DateTimeOffset.MaxValue);
    }

    [Fact]
    public async Task AnswerOfAModel_ComesBackAsItWas()
    {
        await using var test = await TestSession.OpenAsync();
        var answer = new ChatResponse(
            new ChatMessage(
                ChatRole.Assistant,
                [new TextContent("A pump."), new FunctionCallContent("c-1", "look"), new DataContent(new byte[] { 1 }, "image/png")]
            )
        )
        {
            FinishReason = ChatFinishReason.ToolCalls,
            Usage = new() { InputTokenCount = 3 },
        };

        var kept = await test.Session.StepAsync("ask", [], _ => Task.FromResult(answer), cancellationToken: Token);

        (kept.Text, kept.FinishReason, kept.Usage!.InputTokenCount).Should().Be(("A pump.", ChatFinishReason.ToolCalls, 3));
        kept.Messages.Single()
            .Contents.Select(content => content.GetType())
            .Should()
            .Equal(answer.Messages[0].Contents.Select(it => it.GetType()));
    }

    [Fact]
    public async Task TextAsAnObject_StaysText()
    {
        await using var test = await TestSession.OpenAsync();

        var kept = await test.Session.StepAsync("any", [], _ => Task.FromResult<object>("42"), cancellationToken: Token);

        kept.Should().BeOfType<JsonElement>().Which.GetString().Should().Be("42");
    }

    [Fact]
    public async Task ResultOfWhichSomethingIsLost_FailsTheStep()
    {
        await using var test = await TestSession.OpenAsync();
        var session = test.Session;

        await AssertLostAsync(() => session.StepAsync("closed", [], _ => Task.FromResult(Closed.Of(5)), cancellationToken: Token));
        await AssertLostAsync(() => session.StepAsync("list", [], _ => Task.FromResult(ReadOnlyList.Of(1, 2)), cancellationToken: Token));
        await AssertLostAsync(() =>
            session.StepAsync("stack", [], _ => Task.FromResult(new Stack<int>([1, 2, 3])), cancellationToken: Token)
        );

        (await session.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token))
            .Should()
            .OnlyContain(step => step.Status == StepStatus.Failed);
        (await session.CountArtifactsAsync(cancellationToken: Token)).Count.Should().Be(0);

        static async Task AssertLostAsync(Func<Task> step)
        {
            var thrown = (await step.Should().ThrowAsync<StepException>()).Which;
            thrown.Kind.Should().Be(StepErrorKind.ResultNotKept);
            thrown.Message.Should().Contain("what is read back is not what was written").And.Contain("setter");
        }
    }

    [Fact]
    public async Task TupleOfAContextThatLeavesFieldsOut_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();

        var step = () =>
            test.Session.StepAsync(
                "pair",
                [],
                _ => Task.FromResult((1, "one")),
                Generated.Default.ValueTupleInt32String,
                cancellationToken: Token
            );

        (await step.Should().ThrowAsync<StepException>()).Which.Message.Should().Contain("IncludeFields");
    }

    [Fact]
    public async Task ContextOfTheCallers_WritesAndReadsTheResult()
    {
        await using var test = await TestSession.OpenAsync();

        await test.Session.StepAsync(
            "point",
            [],
            _ => Task.FromResult(new Point(1, "one")),
            Generated.Default.Point,
            cancellationToken: Token
        );
        var kept = await test.Session.StepAsync<Point>(
            "point",
            [],
            _ => throw new InvalidOperationException("It is kept."),
            Generated.Default.Point,
            cancellationToken: Token
        );

        kept.Should().Be(new Point(1, "one"));
        var artifact = await test.Session.ListArtifactsAsync(cancellationToken: Token).SingleAsync(Token);
        (await artifact.ReadTextAsync(Token)).Should().Be("""{"X":1,"Name":"one"}""");
    }

    [Theory]
    [InlineData("a\nb", null)]
    [InlineData(null, "no such type")]
    public async Task NameOrTypeOfTheArtifactThatIsNotValid_IsRefusedBeforeTheBodyRuns(string? name, string? contentType)
    {
        await using var test = await TestSession.OpenAsync();
        var options = new StepOptions { ArtifactName = name, ContentType = contentType };
        var runs = 0;

        var step = () => test.Session.StepAsync("s", [], _ => Task.FromResult(++runs), options, cancellationToken: Token);

        await step.Should().ThrowAsync<ArgumentException>();
        runs.Should().Be(0);
    }

    private static async Task AssertComesBackAsync<T>(TestSession test, T value)
    {
        var first = await test.Session.Steps.RunAsync($"{typeof(T)}", [], _ => Task.FromResult(value), cancellationToken: Token);
        var second = await test.Session.Steps.RunAsync<T>(
            $"{typeof(T)}",
            [],
            _ => throw new InvalidOperationException("It is kept."),
            cancellationToken: Token
        );

        (first.IsReused, second.IsReused).Should().Be((false, true));
        first.Value.Should().BeEquivalentTo(value);
        second.Value.Should().BeEquivalentTo(value);
    }

    internal readonly record struct Point(int X, string Name);

    private sealed class Fields
    {
        public int Count;

        public string? Name { get; set; }
    }

    private sealed class Closed
    {
        public int Value { get; private set; }

        public static Closed Of(int value) => new() { Value = value };
    }

    private sealed class ReadOnlyList
    {
        public List<int> Pages { get; } = [];

        public static ReadOnlyList Of(params int[] pages)
        {
            var list = new ReadOnlyList();
            list.Pages.AddRange(pages);
            return list;
        }
    }

    [JsonSerializable(typeof((int, string)))]
    [JsonSerializable(typeof(Point))]
    private sealed partial class Generated : JsonSerializerContext;
}
