using System.Text;

namespace Dossier.Core.Tests.Diagnostics;

public sealed class SecretMaskerTests
{
    private static readonly SecretMasker Masker = new(["my+base64/key==", "short", null, "another-secret", "  trimmed-secret\n"]);

    [Theory]
    [InlineData("nothing here", "nothing here")]
    [InlineData("a my+base64/key== b another-secret c another-secret", "a [masked] b [masked] c [masked]")]
    [InlineData("""{"key":"my\u002Bbase64/key=="}""", """{"key":"[masked]"}""")]
    [InlineData("a trimmed-secret.", "a [masked].")]
    [InlineData("short stays", "short stays")]
    [InlineData("sk-proj-abcDEF123456_7890-xyz.", "[masked].")]
    [InlineData("sk-ant-api03-AbCdEf0123456789", "[masked]")]
    [InlineData("task-management-of-things-1234567890", "task-management-of-things-1234567890")]
    [InlineData("a task-based disk-1 and sk-proj-abcDEF123456_7890-xyz", "a task-based disk-1 and [masked]")]
    [InlineData("key AIzaSyA1234567890abcdefghijklmnopqrstuv!", "key [masked]!")]
    [InlineData("gsk_abcdefghijklmnopqrstuvwx", "[masked]")]
    [InlineData("xai-abcdefghijklmnopqrstuvwx", "[masked]")]
    [InlineData("pplx-abcdefghijklmnopqrstuvwx", "[masked]")]
    [InlineData("hf_abcdefghijklmnopqrstuvwx", "[masked]")]
    [InlineData("r8_abcdefghijklmnopqrstuvwx", "[masked]")]
    [InlineData("github_pat_abcdefghijklmnopqrst_1234", "[masked]")]
    [InlineData("Authorization: Bearer abc.def-ghi_jkl~mno+pqr=", "Authorization: Bearer [masked]")]
    [InlineData("BEARER 1234567890abcdef", "BEARER [masked]")]
    [InlineData("a bearer of news", "a bearer of news")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "[masked]")]
    [InlineData("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK", "[masked]")]
    [InlineData("ghp_abcdefghijklmnopqrst1234", "[masked]")]
    public void Text_LosesItsSecretsOnly(string text, string expected)
    {
        Masker.Apply(text).Should().Be(expected);
    }

    [Theory]
    [InlineData("""{"text":"my keys:\nsk-proj-abcDEF123456"}""", """{"text":"my keys:\n[masked]"}""")]
    [InlineData("""{\"text\":\"my keys:\\tsk-proj-abcDEF123456\"}""", """{\"text\":\"my keys:\\t[masked]\"}""")]
    [InlineData("""{"text":"é\u00E9sk-proj-abcDEF123456"}""", """{"text":"é\u00E9[masked]"}""")]
    public void KeyAfterAnEscapeOfQuotedJson_IsMasked(string text, string expected)
    {
        Masker.Apply(text).Should().Be(expected);
    }

    [Theory]
    [InlineData("https://a.example/?key=my%2Bbase64%2Fkey%3D%3D&n=1", "https://a.example/?key=[masked]&n=1")]
    [InlineData("https://a.example/?key=my%2bbase64%2fkey%3d%3d&n=1", "https://a.example/?key=[masked]&n=1")]
    [InlineData("https://a.example/?next=%2Fsk-proj-abcDEF123456_7890", "https://a.example/?next=%2F[masked]")]
    public void KeyInAUri_IsMasked(string text, string expected)
    {
        Masker.Apply(text).Should().Be(expected);
    }

    [Theory]
    [InlineData("the JSON said \"\\u0073k-proj-abcDEF123456_7890\"")]
    [InlineData("c2stcHJvai1hYmNERUYxMjM0NTZfNzg5MA==")]
    public void KeyThatDoesNotReadAsOne_StaysInText(string text)
    {
        Masker.Apply(text).Should().BeSameAs(text);
    }

    [Fact]
    public void Secrets_AreCounted()
    {
        var tally = new RedactionTally();

        Masker.Apply("another-secret and Bearer abcdefghijklmnop1234", tally, RedactedPart.Request);

        tally
            .Redactions.Should()
            .BeEquivalentTo([
                new Redaction("configured-key", RedactedPart.Request, 1),
                new Redaction("bearer-token", RedactedPart.Request, 1),
            ]);
    }

    [Fact]
    public void TextWithoutSecrets_IsTheSameInstance()
    {
        var text = new string('x', 100) + "é";
        ReadOnlyMemory<byte> json = Encoding.UTF8.GetBytes($"\"{text}\"");

        Masker.Apply(text).Should().BeSameAs(text);
        Masker.ApplyJson(json).Equals(json).Should().BeTrue();
    }

    [Fact]
    public void SecretThatIsTheMaskItself_ComesToAnEnd()
    {
        new SecretMasker([SecretMasker.Mask]).Apply("[masked]").Should().Be("[masked]");
    }

    [Fact]
    public void SecretThatContainsAnother_IsMaskedAsAWhole()
    {
        new SecretMasker(["pass-word", "me:pass-word"]).Apply("a me:pass-word b pass-word").Should().Be("a [masked] b [masked]");
    }

    // These end within the test run only when the time is in proportion to the text.
    [Fact]
    public void ManyOccurrencesOfASecret_AreMaskedInOnePass()
    {
        var text = string.Concat(Enumerable.Repeat("a another-secret ", 100_000));

        var tally = new RedactionTally();

        var masked = Masker.Apply(text, tally, RedactedPart.Content);

        tally.Redactions.Single().Count.Should().Be(100_000);
        masked.Length.Should().Be("a [masked] ".Length * 100_000);
    }

    [Theory]
    [InlineData("sk-")]
    [InlineData("sk-sk-sk-abc ")]
    [InlineData("eyJ-")]
    [InlineData("eyJ-eyJ-eyJ-eyJ..")]
    [InlineData("Bearer ")]
    [InlineData("hf_")]
    public void TextThatNearlyHoldsKeysEverywhere_IsReadInOnePass(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 2_000_000 / part.Length));

        Masker.Apply(text).Should().BeSameAs(text);
    }
}
