namespace Dossier.Core.Tests.Erasure;

public sealed class SessionErasureTests
{
    private static readonly SessionErasure Erasure = new()
    {
        SessionId = "of-ada",
        ErasedAt = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Artifacts = 1_234,
        Responses = 1,
        IsComplete = true,
    };

    [Fact]
    public void Text_HasWhatItHadAndWhy() =>
        (Erasure with { Reason = "ticket 4711" })
            .ToString()
            .Should()
            .Be("of-ada erased 2026-01-02 03:04:05: 1,234 artifacts, 1 response, 0 messages; ticket 4711");

    [Fact]
    public void Text_SaysThatSomethingIsLeft() =>
        (Erasure with { IsComplete = false })
            .ToString()
            .Should()
            .Be("of-ada erased 2026-01-02 03:04:05, not complete yet: 1,234 artifacts, 1 response, 0 messages");
}
