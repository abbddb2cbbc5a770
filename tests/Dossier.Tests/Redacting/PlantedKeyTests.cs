using System.Text.Json;

namespace Dossier.Tests.Redacting;

/// <summary>Plants keys of every shape wherever text goes, and looks for them wherever a text can be seen.</summary>
[Collection(Telemetry.Alone.Name)]
public sealed class PlantedKeyTests
{
    private const string Configured = "planted+key/4711-\"abcdefg\"==";
    private const string Customer = "C-10042";

    // Each key, and the text that it stands in.
    private static readonly (string Key, string Text)[] s_keys =
    [
        Bare("sk-proj-abcDEF123456_7890-xyzQ"),
        Bare("sk-ant-api03-AbCdEf0123456789_xQ"),
        Bare("sk-or-v1-0123456789abcdef0123456789abcdee"),
        Bare("AIzaSyA1234567890abcdefghijklmnopqrstuvQ"),
        Bare("gsk_abcdefghijklmnopqrstuvwx"),
        Bare("xai-abcdefghijklmnopqrstuvwx"),
        Bare("hf_abcdefghijklmnopqrstuvwx"),
        Bare("pplx-abcdefghijklmnopqrstuvwx"),
        Bare("r8_abcdefghijklmnopqrstuvwx"),
        Bare("nvapi-AbCdEfGhIjKlMnOpQrSt-_0123456789"),
        Bare("csk-0a1b2c3d4e5f6g7h8i9j0k1l2m3n"),
        Bare("fw_3ZabcdefghijklmnopqrstuV"),
        Bare("tgp_v1_AbCdEfGhIjKlMnOpQrStUvWxYz-0123"),
        ("0f1e2d3c4b5a69788796a5b4c3d2e1f0", "api-key: 0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        Bare("AKIAIOSFODNN7EXAMPLE"),
        Bare("ASIAIOSFODNN7EXAMPLF"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        (
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
            "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq=="
        ),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "SharedAccessKey=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG="),
        ("abc%2Bdefghijklmnop0123456789%3D", "https://a.blob/b?sv=2024&sig=abc%2Bdefghijklmnop0123456789%3D&se=1"),
        Bare("ya29.a0AfH6SMBx-abcdefghijklmnop"),
        Bare("GOCSPX-abcdefghijklmnopqrstuvwxyz12"),
        Bare("ghp_abcdefghijklmnopqrst1234"),
        Bare("gho_abcdefghijklmnopqrst1234"),
        Bare("ghu_abcdefghijklmnopqrst1234"),
        Bare("ghs_abcdefghijklmnopqrst1234"),
        Bare("ghr_abcdefghijklmnopqrst1234"),
        Bare("github_pat_abcdefghijklmnopqrst_1234"),
        ("1234567890abcdefQ", "Bearer 1234567890abcdefQ"),
        Bare("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK"),
        ("pa55w0rd!4711", "Host=db;Username=me;Password=pa55w0rd!4711;Timeout=1"),
        ("hunter2-4711", "postgres://me:hunter2-4711@db:5432/x"),
        ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PRIVATE KEY-----"),
        Bare(Configured),
        Bare(Customer),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PlantedKeys_AreFoundNowhere()
    {
        await using var workflow = new PlantedWorkflow(Configure);
        string? session = null;

        // As many at a time as a name can hold.
        foreach (var keys in s_keys.Chunk(6))
        {
            var text = $"marker {string.Join(" , ", keys.Select(key => key.Text))} end";
            session = await workflow.RunAsync(text, text, talks: true);
        }

        var seen = workflow.See();
        seen.Where(it => it.Text.Contains("marker [masked]", StringComparison.Ordinal))
            .Select(it => it.Place)
            .Should()
            .Contain(["dossier.db-wal", "log 10", "log 21", "span dossier.step", "span dossier.tool", "span dossier.response"])
            .And.Contain([
                "metric dossier.step.duration",
                "metric dossier.attempts",
                nameof(ProviderException),
                nameof(StepException),
                nameof(ArgumentException),
            ]);
        // The index has words, and not texts.
        seen.Where(it => it.Place.StartsWith("search.db", StringComparison.Ordinal))
            .Any(it => it.Text.Contains("marker", StringComparison.OrdinalIgnoreCase))
            .Should()
            .BeTrue();
        Leaks(seen).Should().BeEmpty();
        await workflow.Store.DisposeAsync();
        Leaks(workflow.See()).Should().BeEmpty("nor when the store has closed");
    }

    [Fact]
    public async Task KeysThatAreNotTakenOut_AreFound()
    {
        await using var workflow = new PlantedWorkflow(Configure);
        await using var session = await workflow.Store.OpenAsync(cancellationToken: Token);

        // Bytes stay as they are.
        foreach (var (key, _) in s_keys)
            await session.StoreArtifactAsync("bytes", System.Text.Encoding.UTF8.GetBytes(key), cancellationToken: Token);

        Leaks(workflow.See()).Select(leak => leak.Key).Distinct().Should().BeEquivalentTo(s_keys.Select(key => key.Key));
    }

    private static (string Key, string Text) Bare(string key) => (key, key);

    private static void Configure(SessionOptions options)
    {
        options.Redactors.Add(new Customers());
        options.Providers["answering"].ApiKey = Configured;
    }

    private static IEnumerable<(string Key, string Place)> Leaks(IReadOnlyList<(string Place, string Text)> seen) =>
        from key in s_keys
        from form in new[] { key.Key, JsonEncodedText.Encode(key.Key).ToString(), Uri.EscapeDataString(key.Key) }
        from it in seen
        where it.Text.Contains(form, StringComparison.Ordinal)
        select (key.Key, $"{it.Place}: {Around(it.Text, form)}");

    private static string Around(string text, string form)
    {
        var at = text.IndexOf(form, StringComparison.Ordinal);
        return text[Math.Max(0, at - 100)..Math.Min(text.Length, at + form.Length + 40)];
    }

    private sealed class Customers : IRedactor
    {
        public IEnumerable<RedactedSpan> Find(string text)
        {
            for (var at = -1; (at = text.IndexOf(Customer, at + 1, StringComparison.Ordinal)) >= 0; )
                yield return new(at, Customer.Length, "customer-number");
        }
    }
}
