using System.Globalization;
using Dossier.Conformance;
using Dossier.Storage;

namespace Dossier.Tests.Storage;

/// <summary>What the bodies of a session's responses have in common is kept once.</summary>
public sealed class ResponseRowWriterTests : IDisposable
{
    private const string Commons = "SELECT count(*) FROM commons";

    private readonly TemporaryDirectory _directory = new();
    private int _ids;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ResponsesOfTwoModels_HaveTwoBeginnings_WhicheverCommitWroteThem()
    {
        await using var storage = await OpenAsync();
        TrackedResponse[] responses = [NewResponse("a"), NewResponse("b"), NewResponse("a"), NewResponse("b")];

        foreach (var response in responses)
            await StoreAsync(storage, response);

        StoreFiles.Execute(_directory.Path, Commons).Should().Be(2L);
        await AllAreReadBackAsync(storage, responses);
    }

    [Fact]
    public async Task SessionOfVeryManyModels_KeepsSoManyBeginningsAndNoMore()
    {
        await using var storage = await OpenAsync();
        TrackedResponse[] responses =
        [
            .. Enumerable.Range(0, 300).Select(i => NewResponse(i.ToString(CultureInfo.InvariantCulture))),
            NewResponse("0"),
            NewResponse("299"),
        ];

        await StoreAsync(storage, responses[..200]);
        await StoreAsync(storage, responses[200..]);

        StoreFiles.Execute(_directory.Path, Commons).Should().Be(256L);
        await AllAreReadBackAsync(storage, responses);
    }

    [Fact]
    public async Task BeginningThatIsGone_IsFoundByAVerification()
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, NewResponse("a"));

        StoreFiles.Execute(_directory.Path, "DELETE FROM commons");

        (await storage.Maintenance.VerifyAsync(new(), cancellationToken: Token)).IsClean.Should().BeFalse();
    }

    [Fact]
    public async Task Beginnings_GoWithTheirSession()
    {
        await using var storage = await OpenAsync();
        await StoreAsync(storage, NewResponse("a"));
        StoreFiles.Execute(_directory.Path, Commons).Should().Be(1L);

        await storage.Records.CommitAsync(
            NewCommit() with
            {
                Session = new() { Id = "s-1", TrashedAt = DateTimeOffset.UnixEpoch },
            },
            Token
        );
        await storage.Maintenance.PurgeAsync(new() { TrashedFor = TimeSpan.Zero }, DateTimeOffset.UnixEpoch.AddDays(1), Token);

        StoreFiles.Execute(_directory.Path, Commons).Should().Be(0L);
    }

    private static SessionCommit NewCommit() =>
        new()
        {
            CommitId = Guid.CreateVersion7(),
            SessionId = "s-1",
            At = DateTimeOffset.UnixEpoch,
        };

    private static async Task StoreAsync(LocalStorage storage, params TrackedResponse[] responses) =>
        await storage.Records.CommitAsync(NewCommit() with { Responses = responses }, Token);

    private static async Task AllAreReadBackAsync(LocalStorage storage, TrackedResponse[] responses)
    {
        foreach (var response in responses)
            (await storage.Records.GetResponseAsync("s-1", response.Id, Token))!.RequestedModel.Should().Be(response.RequestedModel);
        (await storage.Maintenance.VerifyAsync(new(), cancellationToken: Token)).IsClean.Should().BeTrue();
    }

    private async Task<LocalStorage> OpenAsync()
    {
        var storage = new LocalStorage(_directory.Path);
        await storage.OpenAsync(Token);
        var session = new SessionInfo { Id = "s-1", CreatedAt = DateTimeOffset.UnixEpoch };
        await storage.Records.CommitAsync(NewCommit() with { Session = session, ExpectedRevision = 0 }, Token);
        return storage;
    }

    private TrackedResponse NewResponse(string model) =>
        new()
        {
            Id = (++_ids).ToString("x32", CultureInfo.InvariantCulture),
            Outcome = ResponseOutcome.Succeeded,
            Provider = "provider",
            RequestedModel = $"a model with a name that is long enough to be kept once: {model}",
            StartedAt = DateTimeOffset.UnixEpoch,
        };
}
