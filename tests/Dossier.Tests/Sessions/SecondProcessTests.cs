namespace Dossier.Tests.Sessions;

public sealed class SecondProcessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SessionOfAnotherProcess_IsReopenedWithEverythingInIt()
    {
        using var directory = new TemporaryDirectory();
        var lines = await Child.RunAsync("write", directory.Path, "from-child");
        var large = new byte[300_000];
        new Random(42).NextBytes(large);

        await using var session = await Session.OpenAsync(
            new()
            {
                StoragePath = directory.Path,
                SessionId = "from-child",
                OpenMode = OpenMode.Open,
            },
            Token
        );

        session.Info.Name.Should().Be("Written by a child");
        session.Info.Tags.Should().Equal("child");
        session.Status.Should().Be(SessionStatus.Completed);
        var artifacts = await session.ListArtifactsAsync(cancellationToken: Token).ToListAsync(Token);
        var responses = await session.Responses.ListAsync(cancellationToken: Token).ToListAsync(Token);
        artifacts.Select(a => $"artifact {a.Id}").Concat(responses.Select(r => $"response {r.Id}")).Should().Equal(lines);
        (await artifacts[0].ReadTextAsync(Token)).Should().Be("The child wrote this. It is short.");
        artifacts[0].Metadata["n"].GetInt32().Should().Be(1);
        (await artifacts[1].ReadBytesAsync(Token)).Should().Equal(large);
        artifacts[2].Role.Should().Be(ArtifactRole.Input);
        artifacts[2].Digest.Should().Be(artifacts[1].Digest);
        responses[0].InputArtifacts.Should().Equal(artifacts[0].Id);
        responses[0].Usage!.Total.Should().BePositive();
        (await session.Responses.ReadRequestAsync(responses[0], Token)).Single().Text.Should().StartWith("The child wrote this.");
        (await session.Responses.ReadMessagesAsync(responses[0], Token)).Single().Text.Should().NotBeEmpty();
        (await session.Responses.FindAsync("own", Token))!.Metadata["rows"]!.ToString().Should().Be("3");
    }
}
