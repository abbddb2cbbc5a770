using System.Text;

namespace Dossier.Core.Tests.Diagnostics;

public sealed class SecretMaskerTests
{
    private static readonly SecretMasker Masker = new(["my+base64/key==", "short", null, "another-secret"]);

    [Theory]
    [InlineData("nothing here", "nothing here")]
    [InlineData("a my+base64/key== b another-secret c another-secret", "a [masked] b [masked] c [masked]")]
    [InlineData("""{"key":"my\u002Bbase64/key=="}""", """{"key":"[masked]"}""")]
    [InlineData("short stays", "short stays")]
    [InlineData("sk-proj-abcDEF123456_7890-xyz.", "[masked].")]
    [InlineData("sk-ant-api03-AbCdEf0123456789", "[masked]")]
    [InlineData("task-management-of-things-1234567890", "task-management-of-things-1234567890")]
    [InlineData("key AIzaSyA1234567890abcdefghijklmnopqrstuv!", "key [masked]!")]
    [InlineData("gsk_abcdefghijklmnopqrstuvwx", "[masked]")]
    [InlineData("xai-abcdefghijklmnopqrstuvwx", "[masked]")]
    [InlineData("Authorization: Bearer abc.def-ghi_jkl~mno+pqr=", "Authorization: Bearer [masked]")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "[masked]")]
    [InlineData("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK", "[masked]")]
    [InlineData("ghp_abcdefghijklmnopqrst1234", "[masked]")]
    public void Text_LosesItsSecretsOnly(string text, string expected)
    {
        Masker.Apply(text).Should().Be(expected);
        Encoding.UTF8.GetString(Masker.Apply(Encoding.UTF8.GetBytes(text), out _).Span).Should().Be(expected);
    }

    [Fact]
    public void Secrets_AreCounted()
    {
        Masker.Apply("another-secret and Bearer abcdefghijklmnop1234", out var count);

        count.Should().Be(2);
    }

    [Fact]
    public void TextWithoutSecrets_IsTheSameInstance()
    {
        var text = new string('x', 100) + "é";
        ReadOnlyMemory<byte> utf8 = Encoding.UTF8.GetBytes(text);

        Masker.Apply(text).Should().BeSameAs(text);
        Masker.Apply(utf8, out _).Equals(utf8).Should().BeTrue();
    }

    [Fact]
    public void SecretThatIsTheMaskItself_ComesToAnEnd()
    {
        new SecretMasker([SecretMasker.Mask]).Apply("[masked]").Should().Be("[masked]");
    }
}
