using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Dossier.Tests.Cassettes;

/// <summary>When a cassette is replayed, when it is recorded, and when it is written.</summary>
public sealed class CassetteModeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_directory.Path, "new", "talk.cassette");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(CassetteMode.Auto, true, null, null, false)]
    [InlineData(CassetteMode.Auto, false, null, null, true)]
    [InlineData(CassetteMode.Auto, true, "record", "true", true)]
    [InlineData(CassetteMode.Auto, true, "Replay", null, false)]
    [InlineData(CassetteMode.Auto, false, "auto", "false", true)]
    [InlineData(CassetteMode.Replay, true, "record", null, false)]
    [InlineData(CassetteMode.Record, true, "replay", "true", true)]
    public void ModeAndEnvironment_Decide(CassetteMode mode, bool exists, string? variable, string? ci, bool recorded) =>
        CassetteChoice.IsRecorded(mode, "x", exists, Environment(variable, ci)).Should().Be(recorded);

    [Theory]
    [InlineData(CassetteMode.Replay, null, null)]
    [InlineData(CassetteMode.Auto, "replay", null)]
    [InlineData(CassetteMode.Auto, null, "true")]
    [InlineData(CassetteMode.Auto, null, "1")]
    public void MissingCassette_IsNotRecordedUnasked(CassetteMode mode, string? variable, string? ci)
    {
        var choose = () => CassetteChoice.IsRecorded(mode, "x.cassette", exists: false, Environment(variable, ci));

        choose.Should().Throw<NotFoundException>().WithMessage("*no cassette 'x.cassette'*DOSSIER_CASSETTES set to record*");
    }

    [Fact]
    public void OtherValueOfTheVariable_IsRefused()
    {
        var choose = () => CassetteChoice.IsRecorded(CassetteMode.Auto, "x", exists: true, Environment("rerecord", null));

        choose.Should().Throw<OptionsValidationException>().WithMessage("*'rerecord'*record, replay or auto*");
    }

    [Fact]
    public async Task Recorded_ThenReplayed_ThenRecordedAgain()
    {
        await AskAsync(CassetteMode.Record, ScriptedChatClient.Answering("one"));
        var first = await System.IO.File.ReadAllTextAsync(File, Token);

        var replayed = await AskAsync(CassetteMode.Replay, ScriptedChatClient.Failing(new InvalidOperationException("It was called.")));
        var again = await AskAsync(CassetteMode.Record, ScriptedChatClient.Answering("two"));

        (replayed, again).Should().Be(("one", "two"));
        var second = await System.IO.File.ReadAllTextAsync(File, Token);
        second.Should().Be(first.Replace("| one", "| two", StringComparison.Ordinal));
        Directory.EnumerateFiles(Path.GetDirectoryName(File)!).Should().ContainSingle();
        Directory.EnumerateFileSystemEntries(_directory.Path).Should().ContainSingle("all else is in memory");
    }

    [Fact]
    public async Task RunThatFailed_IsNotWritten()
    {
        await Assert.ThrowsAnyAsync<Exception>(() =>
            AskAsync(CassetteMode.Record, ScriptedChatClient.Failing(new InvalidOperationException("It broke.")))
        );
        await AskAsync(CassetteMode.Record, ScriptedChatClient.Answering("one"), session => session.FailAsync("it did", Token));
        await using (await Session.OpenCassetteAsync(File, Options(ScriptedChatClient.Answering("one")), CassetteMode.Record, Token)) { }

        System.IO.File.Exists(File).Should().BeFalse();
    }

    [Fact]
    public async Task CompletedRun_IsWrittenWhateverBecameOfItsCalls()
    {
        await using (
            var session = await Session.OpenCassetteAsync(
                File,
                Options(ScriptedChatClient.Failing(new InvalidOperationException("It broke."))),
                CassetteMode.Record,
                Token
            )
        )
        {
            await Assert.ThrowsAnyAsync<Exception>(() => session.GetChatClient().GetResponseAsync("Say", cancellationToken: Token));
            await session.CompleteAsync(Token);
        }

        (await System.IO.File.ReadAllTextAsync(File, Token)).Should().EndWith("no answer\n");
    }

    [Fact]
    public async Task OtherSessionOfTheStore_DoesNotWriteTheFile()
    {
        await using (
            var session = await Session.OpenCassetteAsync(File, Options(ScriptedChatClient.Answering("one")), CassetteMode.Record, Token)
        )
        {
            await using (var other = await session.Store.OpenAsync(new() { Name = "other" }, Token))
                await other.GetChatClient().GetResponseAsync("Say something else", cancellationToken: Token);
            System.IO.File.Exists(File).Should().BeFalse();
            await session.GetChatClient().GetResponseAsync("Say", cancellationToken: Token);
        }

        (await System.IO.File.ReadAllTextAsync(File, Token)).Should().Contain("| Say\n").And.NotContain("something else");
    }

    [Fact]
    public async Task RelativePath_BeginsBesideTheSourceFile()
    {
        var open = () => Session.OpenCassetteAsync("missing.cassette", mode: CassetteMode.Replay, cancellationToken: Token);

        (await open.Should().ThrowAsync<NotFoundException>())
            .Which.Message.Should()
            .Contain(Repository.PathOf(Path.Combine("tests", "Dossier.Tests", "Cassettes", "missing.cassette")));
    }

    [Fact]
    public void SourceFileOfADeterministicBuild_IsFoundInTheRepository() =>
        CassetteFile
            .PathOf("x.cassette", "/_/tests/Dossier.Tests/Cassettes/CassetteModeTests.cs")
            .Should()
            .Be(Repository.PathOf(Path.Combine("tests", "Dossier.Tests", "Cassettes", "x.cassette")));

    [Fact]
    public void SourceFileThatIsNotThere_LeavesTheDirectoryOfTheApplication() =>
        CassetteFile.PathOf("x.cassette", "/nowhere/Test.cs").Should().Be(Path.Combine(AppContext.BaseDirectory, "x.cassette"));

    [Fact]
    public async Task CassetteAndSessionToReplay_DoNotGoTogether()
    {
        var open = () => Session.OpenCassetteAsync(File, new() { ReplayFrom = "other" }, CassetteMode.Record, Token);

        await open.Should().ThrowAsync<ArgumentException>().WithMessage("*not from both*");
    }

    [Fact]
    public async Task DerivedSession_GetsItselfBack()
    {
        await AskAsync(CassetteMode.Record, ScriptedChatClient.Answering("one"));
        await using var session = await OwnSession.OpenCassetteAsync(File, mode: CassetteMode.Replay, cancellationToken: Token);

        session.Should().BeOfType<OwnSession>();
        (await session.GetChatClient().GetResponseAsync("Say", cancellationToken: Token)).Text.Should().Be("one");
    }

    private sealed class OwnSession(SessionContext context) : Session(context);

    private async Task<string> AskAsync(CassetteMode mode, IChatClient client, Func<Session, Task>? then = null)
    {
        await using var session = await Session.OpenCassetteAsync(File, Options(client), mode, Token);
        var answer = await session.GetChatClient().GetResponseAsync("Say", cancellationToken: Token);
        if (then is not null)
            await then(session);
        return answer.Text;
    }

    private static SessionOptions Options(IChatClient client) =>
        new()
        {
            Model = "mine/large",
            Resilience = new() { MaxRetries = 0 },
            Providers = { ["mine"] = new() { Implementation = new ScriptedProvider(_ => client) } },
        };

    private static Dictionary<string, string> Environment(string? variable, string? ci)
    {
        var environment = new Dictionary<string, string>();
        if (variable is not null)
            environment[CassetteChoice.Variable] = variable;
        if (ci is not null)
            environment["CI"] = ci;
        return environment;
    }
}
