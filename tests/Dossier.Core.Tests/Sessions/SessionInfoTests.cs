namespace Dossier.Core.Tests.Sessions;

public sealed class SessionInfoTests
{
    private static readonly SessionInfo Info = new()
    {
        Id = "quarterly",
        CreatedAt = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        UpdatedAt = new(2026, 1, 2, 4, 5, 6, TimeSpan.Zero),
    };

    [Fact]
    public void Text_HasIdStatusAndTimes() =>
        Info.ToString().Should().Be("quarterly active; created 2026-01-02 03:04:05, updated 2026-01-02 04:05:06");

    [Fact]
    public void Text_HasNameReasonAndTrash_WhereThereAreAny()
    {
        var info = Info with
        {
            Name = "Quarterly report",
            Status = SessionStatus.Failed,
            StatusReason = "No figures\ncame.",
            TrashedAt = new(2026, 2, 3, 4, 5, 6, TimeSpan.Zero),
        };

        info.ToString()
            .Should()
            .Be(
                "quarterly (Quarterly report) failed: No figures came.; created 2026-01-02 03:04:05, updated 2026-01-02 04:05:06, in the trash since 2026-02-03 04:05:06"
            );
    }
}
