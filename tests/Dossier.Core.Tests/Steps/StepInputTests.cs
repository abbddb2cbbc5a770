using System.Collections;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;

namespace Dossier.Core.Tests.Steps;

public sealed class StepInputTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void OrderOfMembers_DoesNotCount()
    {
        StepInput.Of(new { b = 1, a = new { d = 2, c = 3 } }).Should().Be(StepInput.Of(new { a = new { c = 3, d = 2 }, b = 1 }));
        StepInput.Of(new[] { 1, 2 }).Should().NotBe(StepInput.Of(new[] { 2, 1 }));
    }

    [Fact]
    public void EqualNumbers_AreEqualInputs()
    {
        StepInput[] ones = [1, 1.0, 1.00m, StepInput.Of((object)1), StepInput.Of(JsonElement.Parse("1.0"))];

        ones.Should().AllBeEquivalentTo((StepInput)1);
        ((StepInput)100).Should().NotBe((StepInput)1);
        ((StepInput)0.5).Should().Be((StepInput)0.50m);
    }

    [Fact]
    public void WhatOnlyFieldsTellApart_AreDifferentInputs()
    {
        StepInput.Of((1, "a")).Should().NotBe(StepInput.Of((2, "b")));
        StepInput.Of(new[] { ("a", 1) }).Should().NotBe(StepInput.Of(new[] { ("b", 2) }));
        StepInput.Of(new Field { Value = 1 }).Should().NotBe(StepInput.Of(new Field { Value = 2 }));
        StepInput.Of(new { Digest = DigestOf("a") }).Should().NotBe(StepInput.Of(new { Digest = DigestOf("b") }));
        StepInput.Of(new[] { (StepInput)"a" }).Should().NotBe(StepInput.Of(new[] { (StepInput)"b" }));
    }

    [Fact]
    public void ObjectInAVariableOfItsBaseType_CountsByAllOfItsMembers()
    {
        StepInput.Of<IShape>(new Circle(1)).Should().NotBe(StepInput.Of<IShape>(new Circle(2)));
        StepInput.Of<IShape>(new Circle(1)).Should().Be(StepInput.Of(new Circle(1)));
    }

    [Fact]
    public void WhatAnObjectHolds_CountsByAllOfItsMembers_WhateverIsDeclaredForIt()
    {
        Func<IShape, StepInput>[] holders =
        [
            shape => StepInput.Of(new { Shape = shape }),
            shape => StepInput.Of((shape, 1)),
            shape => StepInput.Of<IReadOnlyList<IShape>>([shape]),
            shape => StepInput.Of(new List<IShape> { shape }.Select(it => it)),
            shape => StepInput.Of(new { Shapes = new List<IShape> { shape } }),
            shape => StepInput.Of<object>(new IShape[][] { [shape] }),
            shape => StepInput.Of(new { Anything = (object)new List<IShape> { shape } }),
            shape => StepInput.Of(new Dictionary<string, IShape> { ["a"] = shape }),
            shape => StepInput.Of(new { Named = new Dictionary<string, List<IShape>> { ["a"] = [shape] } }),
        ];

        foreach (var holding in holders)
        {
            holding(new Circle(1)).Should().NotBe(holding(new Circle(2)));
            holding(new Circle(1)).Should().Be(holding(new Circle(1)));
        }
    }

    [Fact]
    public void WhatIsWhatItIsDeclaredAs_IsWrittenAsEver()
    {
        var input = StepInput.Of(
            new
            {
                Text = "x",
                Uri = new Uri("https://example.org/"),
                Numbers = new List<int> { 1, 2 },
                Bytes = new byte[] { 1, 2, 3 },
                Node = JsonNode.Parse("""{ "a": [1, { "b": null }] }"""),
                Names = new Dictionary<int, string> { [1] = "one" },
                None = (IShape?)null,
            }
        );

        Encoding
            .UTF8.GetString(input.Json.Span)
            .Should()
            .Be(
                """{"bytes":"AQID","names":{"1":"one"},"node":{"a":[1,{"b":null}]},"none":null,"numbers":[1,2],"text":"x","uri":"https://example.org/"}"""
            );
    }

    [Fact]
    public async Task ArtifactWithinAnObject_CountsByItsContent()
    {
        await using var test = await TestSession.OpenAsync();
        var one = await test.Session.StoreArtifactAsync("one", "same text", cancellationToken: Token);
        var two = await test.Session.StoreArtifactAsync("two", "same text", cancellationToken: Token);
        var other = await test.Session.StoreArtifactAsync("one", "other text", cancellationToken: Token);

        StepInput.Of((one, 1)).Should().Be(StepInput.Of((two, 1)));
        StepInput.Of((one, 1)).Should().NotBe(StepInput.Of((other, 1)));
        StepInput.Of(new[] { (StepInput)one }).Should().Be(StepInput.Of(new[] { (StepInput)two }));
        StepInput.Of(new[] { (StepInput)one }).Should().NotBe(StepInput.Of(new[] { (StepInput)other }));
        Encoding
            .UTF8.GetString(StepInput.Of(new { Document = one }).Json.Span)
            .Should()
            .Be($$$"""{"document":{"artifact":"{{{one.Digest}}}"}}""");
    }

    [Fact]
    public void WhatHoldsItself_IsRefused()
    {
        var list = new List<object>();
        list.AddRange([list, list]);
        var names = new Dictionary<string, object>();
        (names["a"], names["b"]) = (names, list);
        object[] loops = [list, names, new { list }, new Nested()];

        foreach (var loop in loops)
            FluentActions.Invoking(() => StepInput.Of(loop)).Should().Throw<ArgumentException>().WithMessage("*cannot be serialised*");
    }

    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a\"b\\c\n\u0001/é漢😀", "\"a\\\"b\\\\c\\n\\u0001/é漢😀\"")]
    [InlineData("", "\"\"")]
    public void Text_IsWrittenAsRfc8785Says(string text, string json)
    {
        Encoding.UTF8.GetString(((StepInput)text).Json.Span).Should().Be(json);
        JsonElement.Parse(((StepInput)text).Json.Span).GetString().Should().Be(text);
    }

    [Fact]
    public void ValuesOfEveryKind_AreWrittenInTheirFirstForm()
    {
        var everything = StepInput.Of(
            JsonElement.Parse("""{ "z": [1, 2.50, -3e2, true, null, {}], "a": { "y": [], "x": "t\u00e9xt" } }""")
        );

        Encoding.UTF8.GetString(everything.Json.Span).Should().Be("""{"a":{"x":"téxt","y":[]},"z":[1,2.5,-3e2,true,null,{}]}""");
    }

    [Fact]
    public void NothingAtAll_IsNull()
    {
        ((StepInput)(string?)null).Should().Be(default(StepInput));
        StepInput.Of<object?>(null).Should().Be(default(StepInput));
        Encoding.UTF8.GetString(default(StepInput).Json.Span).Should().Be("null");
    }

    [Fact]
    public void WhatCannotBeWritten_IsRefused()
    {
        FluentActions
            .Invoking(() => StepInput.Of(new Loop()))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*Loop*cannot be serialised*");
        FluentActions.Invoking(() => (StepInput)double.PositiveInfinity).Should().Throw<ArgumentException>();
        FluentActions
            .Invoking(() => StepInput.Of(new { Share = double.NaN }))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*cannot be serialised*");
        FluentActions
            .Invoking(() => StepInput.Of(new Broken()))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*Broken*cannot be serialised: no value today*");
        FluentActions
            .Invoking(() =>
                StepInput.Of((1, "one"), (JsonTypeInfo<(int, string)>)JsonSerializerOptions.Default.GetTypeInfo(typeof((int, string))))
            )
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*IncludeFields*");
    }

    [Fact]
    public void KeyInWhatCannotBeWritten_IsMasked()
    {
        FluentActions
            .Invoking(() => StepInput.Of(new Planted("sk-ant-api03-AbCdEf0123456789")))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*cannot be serialised: I hold [masked]. *");
    }

    [Fact]
    public async Task Key_StaysWhatItIs()
    {
        await using var test = await TestSession.OpenAsync();
        var document = await test.Session.StoreArtifactAsync("document", "text", cancellationToken: Token);

        var result = await test.Session.Steps.RunAsync(
            "outer",
            [document, "a", 1, StepInput.Of(new { b = true })],
            async _ => (await test.Session.Steps.RunAsync("inner", [], _ => Task.FromResult(1), cancellationToken: Token)).Key.ToString(),
            new() { Version = "2" },
            cancellationToken: Token
        );

        // Whoever changes these makes every step that was ever kept run again.
        result
            .Key.Should()
            .Be(
                DigestOf(
                    $$"""{"format":"dossier-step/1","inputs":[{"artifact":"{{DigestOf("text")}}"},{"value":"{{DigestOf("\"a\"")}}"},{"value":"{{DigestOf("1")}}"},{"value":"{{DigestOf("{\"b\":true}")}}"}],"path":[["outer","2"]]}"""
                )
            );
        result.Value.Should().Be(DigestOf("""{"format":"dossier-step/1","inputs":[],"path":[["outer","2"],["inner",null]]}""").ToString());
    }

    private static ContentDigest DigestOf(string text) => ContentDigest.Of(Encoding.UTF8.GetBytes(text));

    private interface IShape;

    private sealed record Circle(int Radius) : IShape;

    private sealed class Field
    {
        public int Value;
    }

    private sealed class Broken
    {
        public string Reason { get; } = "no value today.";

        public int Value => throw new IOException(Reason);
    }

    private sealed class Planted(string key)
    {
        public string Text => throw new InvalidOperationException($"I hold {key}.");
    }

    private interface INested : IEnumerable<INested>;

    /// <summary>A list of its own kind, without end.</summary>
    private sealed class Nested : INested
    {
        public IEnumerator<INested> GetEnumerator() => Enumerable.Range(0, 2).Select(_ => new Nested()).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class Loop
    {
        public Loop Self => this;
    }
}
