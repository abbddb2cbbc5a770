using System.Text;

namespace Dossier.Core.Tests.Diagnostics;

public sealed class KeyShapesTests
{
    private const string Pem = """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,0011223344556677

        MIIEpAIBAAKCAQEA1234567890abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL
        MNOPQRSTUVWXYZ+/==
        -----END RSA PRIVATE KEY-----
        """;

    private static readonly SecretMasker Masker = new([]);

    [Theory]
    [InlineData("sk-proj-abcDEF123456_7890-xyz", "[masked]", "api-key")]
    [InlineData("sk-ant-api03-AbCdEf0123456789_x", "[masked]", "api-key")]
    [InlineData("sk-or-v1-0123456789abcdef0123456789abcdef", "[masked]", "api-key")]
    [InlineData("gsk_abcdefghijklmnopqrstuvwx", "[masked]", "api-key")]
    [InlineData("xai-abcdefghijklmnopqrstuvwx", "[masked]", "api-key")]
    [InlineData("hf_abcdefghijklmnopqrstuvwx", "[masked]", "api-key")]
    [InlineData("nvapi-AbCdEfGhIjKlMnOpQrSt-_0123456789", "[masked]", "api-key")]
    [InlineData("csk-0a1b2c3d4e5f6g7h8i9j0k1l2m3n", "[masked]", "api-key")]
    [InlineData("fw_3ZabcdefghijklmnopqrstuV", "[masked]", "api-key")]
    [InlineData("tgp_v1_AbCdEfGhIjKlMnOpQrStUvWxYz-0123", "[masked]", "api-key")]
    [InlineData("AIzaSyA1234567890abcdefghijklmnopqrstuv", "[masked]", "api-key")]
    [InlineData("curl -H 'api-key: 0123456789abcdef0123456789abcdef'", "curl -H 'api-key: [masked]'", "api-key")]
    [InlineData("AZURE_OPENAI_API_KEY=0123456789abcdef0123456789abcdef", "AZURE_OPENAI_API_KEY=[masked]", "api-key")]
    [InlineData("""{\"apiKey\": \"0123456789abcdef0123456789abcdef\"}""", """{\"apiKey\": \"[masked]\"}""", "api-key")]
    [InlineData("ya29.a0AfH6SMBx-abcdefghijklmnop", "[masked]", "google-token")]
    [InlineData("GOCSPX-abcdefghijklmnopqrstuvwxyz12", "[masked]", "google-token")]
    [InlineData("ghp_abcdefghijklmnopqrst1234", "[masked]", "github-token")]
    [InlineData("github_pat_abcdefghijklmnopqrst_1234", "[masked]", "github-token")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "[masked]", "aws-key")]
    [InlineData("ASIAIOSFODNN7EXAMPLE", "[masked]", "aws-key")]
    [InlineData("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = [masked]", "aws-key")]
    [InlineData("\"SecretAccessKey\": \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"", "\"SecretAccessKey\": \"[masked]\"", "aws-key")]
    [InlineData(
        "AccountName=a;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;X=1",
        "AccountName=a;AccountKey=[masked];X=1",
        "azure-key"
    )]
    [InlineData(
        "Endpoint=sb://a/;SharedAccessKey=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG=",
        "Endpoint=sb://a/;SharedAccessKey=[masked]",
        "azure-key"
    )]
    [InlineData(
        "https://a.blob/b?sv=2024&sig=abc%2Bdefghijklmnop0123456789%3D&se=1",
        "https://a.blob/b?sv=2024&sig=[masked]&se=1",
        "azure-key"
    )]
    [InlineData("Host=db;Username=me;Password=pa$$w0rd!;Timeout=1", "Host=db;Username=me;Password=[masked];Timeout=1", "password")]
    [InlineData("Server=db; pwd=hunter2", "Server=db; pwd=[masked]", "password")]
    [InlineData("Password=hunter2;Host=db", "Password=[masked];Host=db", "password")]
    [InlineData("postgres://me:hunter2@db:5432/x", "postgres://me:[masked]@db:5432/x", "password")]
    [InlineData("https://:token-of-mine@example.com", "https://:[masked]@example.com", "password")]
    [InlineData("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK", "[masked]", "jwt")]
    [InlineData("Bearer 1234567890abcdef", "Bearer [masked]", "bearer-token")]
    [InlineData("a " + Pem + " b", "a [masked] b", "private-key")]
    [InlineData("-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PRIVATE KEY-----", "[masked]", "private-key")]
    [InlineData(
        "broken off: -----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIGlRHQ0hM1234567890abcdefgh\nMHcC",
        "broken off: [masked]\nMHcC",
        "private-key"
    )]
    public void WhatHasTheShapeOfAKey_IsMaskedAndItsKindRecorded(string text, string expected, string kind)
    {
        var tally = new RedactionTally();

        Masker.Apply(text, tally, RedactedPart.Request).Should().Be(expected);

        tally.Redactions.Should().Equal(new Redaction(kind, RedactedPart.Request, 1));
        Masker.Apply(expected).Should().BeSameAs(expected);
    }

    [Theory]
    [InlineData("task-management-of-things-1234567890")]
    [InlineData("https://example.com:8080/a@b")]
    [InlineData("see https://example.com/@user/post and mail me@example.com")]
    [InlineData("ssh://git@github.com:22/a.git")]
    [InlineData("password = input('password: ')")]
    [InlineData("set Password=secret and try")]
    [InlineData("def connect(host, password=None, timeout=3):")]
    [InlineData("The file begins with -----BEGIN PRIVATE KEY----- and ends with a line.")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA1234567890abcdefghijklmnopqrstuvwxyz\n-----END CERTIFICATE-----")]
    [InlineData("api_key = os.environ['OPENAI_API_KEY']")]
    [InlineData("api_key=your_own_key_goes_here_and_nowhere_else")]
    [InlineData("the accountkey= and sharedaccesskey= settings")]
    [InlineData("design=modern&sig=short")]
    [InlineData("SOUTHEASTASIA1234567890ABCDEF")]
    [InlineData("ASIA-PACIFIC and EURASIA2024REGION1")]
    [InlineData("fw_update_of_the_firmware_version")]
    [InlineData("half_life_of_caesium_137_is_30_years")]
    [InlineData("secret_access_key: see the console")]
    [InlineData("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void WhatOnlyRemindsOfAKey_Stays(string text)
    {
        Masker.Apply(text).Should().BeSameAs(text);
    }

    [Theory]
    [InlineData("""{"aws":{"SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}""", """{"aws":{"SecretAccessKey":"[masked]"}}""")]
    [InlineData("""{"api_key":"0123456789abcdef0123456789abcdef"}""", """{"api_key":"[masked]"}""")]
    [InlineData(
        """{"apiKey":"none","key":"0123456789abcdef0123456789abcdef"}""",
        """{"apiKey":"none","key":"0123456789abcdef0123456789abcdef"}"""
    )]
    public void StringOfJsonWhoseNameSaysSo_IsMasked(string json, string expected)
    {
        var masked = Masker.ApplyJson(Encoding.UTF8.GetBytes(json));

        Encoding.UTF8.GetString(masked.Span).Should().Be(expected);
    }

    [Fact]
    public void MetadataWhoseNameSaysSo_IsMasked()
    {
        var metadata = new Dictionary<string, object?> { ["api-key"] = "0123456789abcdef0123456789abcdef" };

        MetadataValues.ToJson(metadata, Masker)["api-key"].GetString().Should().Be("[masked]");
    }

    [Fact]
    public void Guide_ListsEveryKind()
    {
        var guide = File.ReadAllText(Dossier.Tests.Repository.PathOf("docs/redaction.md"));

        KeyShapes.Kinds.Values.Append(SecretMasker.ConfiguredKind).Should().AllSatisfy(kind => guide.Should().Contain($"| `{kind}` |"));
    }

    // These end within the test run only when the time is in proportion to the text.
    [Theory]
    [InlineData("://")]
    [InlineData("://a:b")]
    [InlineData(";password=")]
    [InlineData("api_key=aaaaaaaaaaaaaaaaaaaaaaa ")]
    [InlineData("-----BEGIN PRIVATE KEY-----")]
    [InlineData("-----BEGIN PRIVATE KEY-----\naaaaaaaaaaaaaaaa")]
    [InlineData("secret_access_key = ")]
    public void TextThatNearlyHoldsKeysEverywhere_IsReadInOnePass(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length));

        Masker.Apply(text).Length.Should().BeLessThanOrEqualTo(text.Length);
    }
}
