using Dossier.Storage;

namespace Dossier.Core.Tests.Responses;

public sealed class RecentTextsTests
{
    [Fact]
    public void RepeatedText_IsOfTheLatestResponse()
    {
        var texts = new RecentTexts();
        var text = ContentDigest.Of("yes"u8);

        texts.Add(text, "first");
        texts.Add(text, "second");

        texts.Find(text).Should().Be("second");
        texts.HasAll.Should().BeTrue();
    }

    [Fact]
    public void TooManyTexts_ForgetTheOldestAndSaySo()
    {
        var texts = new RecentTexts();
        var digests = Enumerable.Range(0, 4097).Select(i => ContentDigest.Of(BitConverter.GetBytes(i))).ToList();

        foreach (var digest in digests)
            texts.Add(digest, "response");

        texts.Find(digests[0]).Should().BeNull();
        texts.Find(digests[1]).Should().NotBeNull();
        texts.HasAll.Should().BeFalse();
    }
}
