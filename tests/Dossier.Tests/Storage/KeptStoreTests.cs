using Dossier.Storage;
using Dossier.Tests.Faults;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Storage;

/// <summary>
/// A store that a released version wrote has to load for ever. Each is kept under Fixtures by its schema, written by
/// <c>eng/keep-store</c> until that schema is released, and never again after that.
/// </summary>
public sealed class KeptStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Versions =>
        [
            .. Directory
                .EnumerateDirectories(Repository.PathOf("tests/Dossier.Tests/Storage/Fixtures"))
                .Select(path => Path.GetFileName(path)),
        ];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void StoreOfThisVersion_IsKept() => Versions.Select(row => row.Data).Should().Contain($"schema-{Schema.Version}");

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task StoreOfAnyVersion_IsWholeAndGoesOn(string version)
    {
        Copy(version);
        await using var store = Open();

        var names = new Dictionary<string, int>
        {
            ["note"] = 2,
            ["data"] = 1,
            ["large"] = 1,
            ["answer"] = 1,
            ["empty"] = 1,
        };
        if (version != "schema-1") // which had no steps
            (names["style"], names["report"]) = (1, 1);

        var state = await StoreState.ReadAsync(store, []);

        state.Names.Should().BeEquivalentTo(names);
        (await store.VerifyAsync(cancellationToken: Token)).IsClean.Should().BeTrue();
        StoreState.CheckDatabase(_directory.Path).Should().Be("ok");
        await using var session = await store.OpenAsync(new() { SessionId = "kept-completed" }, Token);
        (await session.GetChainHeadAsync(Token))!.Value.Length.Should().BePositive("what had no chain was given one");
        (await session.StoreArtifactAsync("note", "another", cancellationToken: Token)).Version.Should().Be(3);
    }

    [Fact]
    public async Task StepOfVersion2_IsReused()
    {
        Copy("schema-2");
        await using var store = Open();
        await using var session = await store.OpenAsync(new() { SessionId = "kept-completed", OpenMode = OpenMode.Open }, Token);
        var note = (await session.FindArtifactAsync("note", 1, Token))!;

        var answer = await session.StepAsync<Artifact>(
            "answer",
            [note, 1],
            _ => throw new InvalidOperationException("It is kept."),
            cancellationToken: Token
        );

        answer.Name.Should().Be("answer");
    }

    [Fact]
    public async Task StepsOfVersion2_AreAsTheyEnded()
    {
        Copy("schema-2");
        await using var store = Open();
        await using var session = await store.OpenAsync(new() { SessionId = "kept-active", OpenMode = OpenMode.Open }, Token);

        var result = await session.Steps.RunAsync<Dictionary<string, int[]>>(
            "report",
            ["one", 2],
            _ => throw new InvalidOperationException("It is kept."),
            new() { Version = "2" },
            Token
        );

        result.Value["pages"].Should().Equal(1, 2, 3);
        (result.IsReused, result.ChangedReads.Count).Should().Be((true, 0));
        var steps = await session.Steps.ListAsync(cancellationToken: Token).ToListAsync(Token);
        steps
            .Select(step => (step.Name, step.Version, step.ParentKey, step.Status, step.Fence))
            .Should()
            .Equal(
                ("report", "2", null, StepStatus.Kept, 2),
                ("part", null, result.Key, StepStatus.Kept, 1),
                ("fail", null, null, StepStatus.Failed, 1)
            );
        steps[0].Attempts.Select(attempt => attempt.Outcome).Should().Equal(StepOutcome.Failed, StepOutcome.Kept);
        (steps[0].Attempts[0].Error!.Message, steps[0].Attempts[1].Reason).Should().Be(("too late", StepReason.Failed));
        steps[0].Reads.Select(read => (read.Name, read.Version)).Should().Equal(("style", 1));
        (await session.Steps.ReadInputAsync(steps[0].Inputs[0], Token)).GetString().Should().Be("one");
    }

    [Fact]
    public async Task ConversationOfVersion2_IsAsItWasSaid_AndGoesOn()
    {
        Copy("schema-2");
        await using var store = Open();
        await using var session = await store.OpenAsync(new() { SessionId = "kept-active", OpenMode = OpenMode.Open }, Token);
        var talk = session.Conversation("talk");

        var messages = await talk.ReadAsync(cancellationToken: Token).ToListAsync(Token);

        messages
            .Select(message => $"{message.Record.Role} {message.Text}")
            .Should()
            .Equal(
                "system Be brief.",
                "user What is this?",
                "assistant ",
                "tool ",
                "user The valve failed at noon. It was repaired by two.",
                $"assistant {messages[^1].Text}"
            );
        messages[1].Record.Author.Should().Be("Ada");
        messages[1].Message.Contents.OfType<DataContent>().Single().Data.ToArray().Should().Equal(1, 2, 3);
        messages[2].Message.Contents.OfType<TextReasoningContent>().Single().Text.Should().Be("Look.");
        messages[3].Message.Contents.OfType<FunctionResultContent>().Single().Result!.ToString().Should().Be("a pump");
        var response = (await session.Responses.GetAsync(messages[^1].Record.ResponseId!, Token))!;
        response.Conversation!.ContinuedFrom.Should().Be(messages[3].Id);
        (await session.Responses.ReadRequestAsync(response, Token)).Should().HaveCount(5);
        var branches = await talk.ListBranchesAsync(Token).ToListAsync(Token);
        branches.Select(branch => (branch.BranchedFrom, branch.HasHead)).Should().Equal((null, false), (messages[3].Id, true));
        (await talk.AppendAsync([new(ChatRole.User, "Thanks.")], Token)).Depth.Should().Be(7);
        (await talk.ReadTailAsync(1, Token))[0].Text.Should().Be("Thanks.");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task SessionsOfAnyVersion_AreAsTheyWereWritten(string version)
    {
        Copy(version);
        await using var store = Open();

        var sessions = await store
            .ListSessionsAsync(cancellationToken: Token)
            .ToDictionaryAsync(session => session.Id, cancellationToken: Token);

        sessions.Keys.Should().BeEquivalentTo("kept-completed", "kept-failed", "kept-active");
        sessions["kept-completed"].Name.Should().Be("Kept näme 😀");
        sessions["kept-completed"].Tags.Should().Equal("one", "two");
        sessions["kept-completed"].Status.Should().Be(SessionStatus.Completed);
        sessions["kept-completed"].ApplicationVersion.Should().Be("1.2.3");
        sessions["kept-failed"].Status.Should().Be(SessionStatus.Failed);
        sessions["kept-failed"].StatusReason.Should().Be("it was meant to fail");
        sessions["kept-active"].Status.Should().Be(SessionStatus.Active);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ArtifactsOfAnyVersion_AreAsTheyWereWritten(string version)
    {
        Copy(version);
        await using var store = Open();
        await using var session = await store.OpenAsync(new() { SessionId = "kept-completed", OpenMode = OpenMode.Open }, Token);

        (await (await session.FindArtifactAsync("note", 1, Token))!.ReadTextAsync(Token)).Should().Be("The first version. It is short.");
        (await (await session.FindArtifactAsync("note", cancellationToken: Token))!.ReadTextAsync(Token))
            .Should()
            .Be("The second version.");
        var data = (await session.FindArtifactAsync("data", cancellationToken: Token))!;
        data.ContentType.Should().Be("application/json");
        data.Metadata.ToDictionary(it => it.Key, it => it.Value.GetRawText())
            .Should()
            .BeEquivalentTo(
                new Dictionary<string, string>
                {
                    ["lang"] = "\"en\"",
                    ["pages"] = "3",
                    ["ratio"] = "0.5",
                    ["draft"] = "false",
                    ["editor"] = "null",
                }
            );
        var large = (await session.FindArtifactAsync("large", cancellationToken: Token))!;
        large.Role.Should().Be(ArtifactRole.Output);
        (await large.ReadBytesAsync(Token)).Should().Equal(Enumerable.Range(0, 5_000).Select(i => (byte)(i % 251)));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ResponsesOfAnyVersion_AreAsTheyWereWritten(string version)
    {
        Copy(version);
        await using var store = Open();
        await using var session = await store.OpenAsync(new() { SessionId = "kept-completed", OpenMode = OpenMode.Open }, Token);

        var own = (await session.Responses.FindAsync("own", Token))!;
        own.Outcome.Should().Be(ResponseOutcome.Failed);
        own.ServedModel.Should().Be("m-1-2026-01-01");
        own.Usage!.Total.Should().Be(150);
        own.Duration.Should().Be(TimeSpan.FromMilliseconds(1234));
        own.FinishReason.Should().Be("length");
        own.Error!.StatusCode.Should().Be(504);
        own.Metadata["rows"]!.ToString().Should().Be("3");
        var call = (await session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token)).Single(it => it.Key is null);
        call.RequestedModel.Should().Be("extractive");
        call.InputArtifacts.Should().Equal((await session.FindArtifactAsync("note", 1, Token))!.Id);
        (await session.Responses.ReadRequestAsync(call, Token)).Single().Text.Should().Be("The first version. It is short.");
        (await session.Responses.ReadOptionsAsync(call, Token))!.Value.GetProperty("temperature").GetDouble().Should().Be(0.25);
        var answer = (await session.FindArtifactAsync("answer", cancellationToken: Token))!;
        answer.ProducedBy.Should().Be(call.Id);
        (await answer.ReadTextAsync(Token)).Should().Be((await session.Responses.ReadMessagesAsync(call, Token)).Single().Text);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task SessionOfAnyVersion_IsReplayed(string version)
    {
        Copy(version);
        await using var store = Open();
        await using var session = await store.OpenAsync(new() { ReplayFrom = "kept-completed", Replay = ReplayMode.Only }, Token);
        var note = await session.StoreArtifactAsync("note", "The first version. It is short.", cancellationToken: Token);

        var answer = await session
            .GetChatClient()
            .GetResponseAsync([new ChatMessage(ChatRole.User, [await note.AsContentAsync(Token)])], new() { Temperature = 0.25f }, Token);

        await using var kept = await store.OpenAsync(new() { SessionId = "kept-completed" }, Token);
        answer.Text.Should().Be(await (await kept.FindArtifactAsync("answer", cancellationToken: Token))!.ReadTextAsync(Token));
        (await session.Responses.ListAsync(cancellationToken: Token).SingleAsync(Token)).IsReplayed.Should().BeTrue();
    }

    /// <summary>Also that of this version: eng/keep-store writes it, and a released schema never changes but gets a new version.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task SchemaOfAnyVersion_BecomesThatOfANewStore(string version)
    {
        Copy(version);
        using var another = new TemporaryDirectory();

        await CreateAsync(_directory.Path);
        await CreateAsync(another.Path);

        SchemaOf(_directory.Path).Should().Be(SchemaOf(another.Path));
    }

    private static async Task CreateAsync(string path)
    {
        await using var storage = new LocalStorage(path);
        await storage.OpenAsync(Token);
    }

    private static string SchemaOf(string path)
    {
        using var connection = new SqliteConnection(
            $"Data Source=file:{Path.Combine(path, "dossier.db")}?immutable=1;Pooling=False;Mode=ReadOnly"
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(sql, x'0a') FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)";
        return (string)command.ExecuteScalar()!;
    }

    private void Copy(string version)
    {
        var kept = Repository.PathOf($"tests/Dossier.Tests/Storage/Fixtures/{version}");
        foreach (var file in Directory.EnumerateFiles(kept, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_directory.Path, Path.GetRelativePath(kept, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private SessionStore Open() => new(new LocalStorage(_directory.Path), ownsStorage: true);
}
