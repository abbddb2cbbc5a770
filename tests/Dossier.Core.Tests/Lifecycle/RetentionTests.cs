namespace Dossier.Core.Tests.Lifecycle;

public sealed class RetentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PolicyWithoutARule_IsRefused()
    {
        await using var test = await TestSession.OpenAsync();

        var apply = () => test.Store.ApplyRetentionAsync(new() { Sessions = new() { Name = "x" } }, Token);

        await apply.Should().ThrowAsync<ArgumentException>().WithMessage("*no rule*KeepVersions*");
    }

    [Fact]
    public async Task KeepVersions_KeepsTheNewestOfEveryName()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, "a", 5);
        await StoreAsync(test, "b", 1);

        var report = await test.Store.ApplyRetentionAsync(new() { KeepVersions = 2 }, Token);

        report.Should().Be(new RetentionReport { Artifacts = 3, Bytes = 3 });
        (await KeptAsync(test)).Should().Equal(("a", 4), ("a", 5), ("b", 1));
        (await test.Store.ApplyRetentionAsync(new() { KeepVersions = 2 }, Token)).Artifacts.Should().Be(0);
    }

    [Fact]
    public async Task KeepArtifactsFor_KeepsTheYoung()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, "a", 2);
        test.Time.Advance(TimeSpan.FromDays(2));
        await StoreAsync(test, "a", 1);

        await test.Store.ApplyRetentionAsync(new() { KeepArtifactsFor = TimeSpan.FromDays(1) }, Token);

        (await KeptAsync(test)).Should().Equal(("a", 3));
    }

    [Fact]
    public async Task TwoRules_KeepWhatEitherKeeps()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, "old", 2);
        test.Time.Advance(TimeSpan.FromDays(2));
        await StoreAsync(test, "young", 2);

        await test.Store.ApplyRetentionAsync(new() { KeepArtifactsFor = TimeSpan.FromDays(1), KeepVersions = 1 }, Token);

        (await KeptAsync(test)).Should().Equal(("old", 2), ("young", 1), ("young", 2));
    }

    [Fact]
    public async Task PinnedArtifacts_AreKept()
    {
        await using var test = await TestSession.OpenAsync();
        var first = await test.Session.StoreArtifactAsync("a", "1", cancellationToken: Token);
        await StoreAsync(test, "a", 2);
        await test.Session.PinArtifactAsync(first.Id, Token);
        test.Time.Advance(TimeSpan.FromDays(400));

        await test.Store.ApplyRetentionAsync(
            new()
            {
                KeepVersions = 1,
                KeepArtifactsFor = TimeSpan.Zero,
                KeepSessionsFor = TimeSpan.FromDays(1),
            },
            Token
        );

        (await KeptAsync(test)).Should().Equal(("a", 1), ("a", 3));
    }

    [Fact]
    public async Task KeepSessionsFor_MovesThoseThatWereNotWrittenTo()
    {
        await using var test = await TestSession.OpenAsync();
        await using (await test.Store.OpenAsync(new() { SessionId = "old" }, Token)) { }
        test.Time.Advance(TimeSpan.FromDays(2));
        await StoreAsync(test, "a", 1);

        var report = await test.Store.ApplyRetentionAsync(new() { KeepSessionsFor = TimeSpan.FromDays(1) }, Token);

        report.Should().Be(new RetentionReport { Sessions = 1 });
        (await test.Store.ListSessionsAsync(cancellationToken: Token).Select(it => it.Id).ToListAsync(Token))
            .Should()
            .Equal(test.Session.Id);
    }

    [Fact]
    public async Task DryRun_ReportsTheSameAndMovesNothing()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, "a", 5);
        var policy = new RetentionPolicy { KeepVersions = 2, DryRun = true };

        var dry = await test.Store.ApplyRetentionAsync(policy, Token);

        dry.Should()
            .Be(
                new RetentionReport
                {
                    IsDryRun = true,
                    Artifacts = 3,
                    Bytes = 3,
                }
            );
        (await KeptAsync(test)).Should().HaveCount(5);
        (await test.Store.ApplyRetentionAsync(policy with { DryRun = false }, Token)).Should().Be(dry with { IsDryRun = false });
    }

    [Fact]
    public async Task Sessions_LimitThePolicyToSomeOfThem()
    {
        await using var test = await TestSession.OpenAsync();
        await StoreAsync(test, "a", 3);
        await using (var other = await test.Store.OpenAsync(new() { SessionId = "other", Tags = ["drafts"] }, Token))
            for (var i = 0; i < 3; i++)
                await other.StoreArtifactAsync("a", $"{i}", cancellationToken: Token);

        var policy = new RetentionPolicy
        {
            KeepVersions = 1,
            Sessions = new() { Tag = "drafts" },
        };
        (await test.Store.ApplyRetentionAsync(policy, Token)).Artifacts.Should().Be(2);

        (await KeptAsync(test)).Should().HaveCount(3);
    }

    private static async Task StoreAsync(TestSession test, string name, int count)
    {
        for (var i = 0; i < count; i++)
            await test.Session.StoreArtifactAsync(name, $"{i}", cancellationToken: Token);
    }

    private static async Task<List<(string Name, int Version)>> KeptAsync(TestSession test) =>
        await test.Session.ListArtifactsAsync(cancellationToken: Token).Select(it => (it.Name, it.Version)).ToListAsync(Token);
}
