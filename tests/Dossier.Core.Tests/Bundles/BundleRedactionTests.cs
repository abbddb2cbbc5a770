using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dossier.Storage;
using static Dossier.Tests.Bundles.BundleBytes;

namespace Dossier.Tests.Bundles;

/// <summary>A redacted bundle has no text that somebody has put into the records of its session.</summary>
public sealed class BundleRedactionTests
{
    private const string Planted = "Nightingale";
    private const string Id = "planted";
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch.AddYears(60);
    private static readonly ContentDigest Content = ContentDigest.Of("null"u8);
    private static readonly string Artifact = new('a', 32);
    private static readonly string Response = new('b', 32);
    private static readonly ResponseError Error = new() { Message = $"{Planted} error", Type = "System.Exception" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Redacted_HasNoneOfTheTextsThatDigestsOnlyHas()
    {
        var planted = TextsIn(await ExportPlantedAsync(BundleContent.DigestsOnly)).Where(it => it.Text.Contains(Planted)).ToList();

        var redacted = await ExportPlantedAsync(BundleContent.Redacted);

        planted
            .Select(it => it.Place)
            .Distinct()
            .Should()
            .BeEquivalentTo(
                "session.name",
                "session.owner",
                "session.statusReason",
                "session.tags",
                "session.applicationVersion",
                "artifact.name",
                "artifact.metadata",
                "artifact.metadata.name",
                "response.key",
                "response.attempts.cause.message",
                "response.attempts.error.message",
                "response.attempts.replayedFrom.sessionId",
                "response.toolCalls.callId",
                "response.toolCalls.name",
                "response.toolCalls.error.message",
                "response.process",
                "response.error.message",
                "response.conversation.name",
                "response.applicationVersion",
                "response.metadata",
                "response.metadata.name",
                "step.name",
                "step.version",
                "step.attempts.owner",
                "step.attempts.error.message",
                "step.reads.name",
                "conversation.name",
                "message.role",
                "message.author"
            );
        Encoding.Latin1.GetString(redacted).Should().NotContain(Planted);
    }

    [Fact]
    public async Task TextsThatStay_AreKnown()
    {
        var left = TextsIn(await ExportPlantedAsync(BundleContent.Redacted))
            .Where(it => !it.Text.StartsWith("sha256:") && !it.Text.StartsWith("redacted-") && it.Text != "[left out]")
            .Select(it => it.Text)
            .Where(text => !DateTimeOffset.TryParse(text, out _) && !TimeSpan.TryParse(text, out _))
            .Distinct();

        string[] words =
        [
            "failed",
            "user",
            "text/plain",
            "output",
            "provider",
            "model",
            "served",
            "stop",
            "System.Exception",
            "System.Int32",
        ];
        left.Should().BeEquivalentTo([Id, Artifact, Response, .. words]);
    }

    [Fact]
    public async Task SameName_HasTheSameStandIn()
    {
        var lines = LinesOf(await ExportPlantedAsync(BundleContent.Redacted)).Select(line => JsonNode.Parse(line)!).ToList();

        var artifact = lines.Single(line => line["artifact"] is not null)["artifact"]!;
        var step = lines.Single(line => line["step"] is not null)["step"]!;

        step["reads"]![0]!["name"]!.GetValue<string>().Should().Be(artifact["name"]!.GetValue<string>());
        step["name"]!.GetValue<string>().Should().NotBe(artifact["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Redacted_IsTheSameBytesEachTime() =>
        (await ExportPlantedAsync(BundleContent.Redacted)).Should().Equal(await ExportPlantedAsync(BundleContent.Redacted));

    [Fact]
    public async Task Redacted_IsNotImported()
    {
        await using var store = new SessionStore(new MemoryStorage(), ownsStorage: true);
        using var bundle = new MemoryStream(await ExportPlantedAsync(BundleContent.Redacted));

        var import = () => store.ImportAsync(bundle, cancellationToken: Token);

        await import.Should().ThrowAsync<BundleException>().WithMessage("*without its content*");
    }

    [Fact]
    public async Task MessageInWhichNothingHasAStandIn_IsStillCheckedByItsHash()
    {
        var bundle = await ExportPlantedAsync(BundleContent.Redacted);
        var lines = LinesOf(bundle);

        string[] changed = [.. lines.Select(line => line.Replace("\"role\":\"user\"", "\"role\":\"system\"", StringComparison.Ordinal))];

        changed.Should().NotEqual(lines);
        await ReadAsync(bundle);
        var read = async () => await ReadAsync(await WithLinesAsync(bundle, changed));
        await read.Should().ThrowAsync<BundleException>().WithMessage("*another hash than it makes*");
    }

    [Fact]
    public async Task RedactedWithContent_IsRefused()
    {
        var bundle = WithManifest(
            await ExportPlantedAsync(BundleContent.Redacted),
            manifest => manifest.Replace("\"digestsOnly\":true,", "", StringComparison.Ordinal)
        );

        var read = () => ReadAsync(bundle);

        await read.Should().ThrowAsync<BundleException>().WithMessage("*redacted, and that it has content*");
    }

    private static Task<VerifiedBundle> ReadAsync(byte[] bundle) =>
        new BundleReader(new MemoryStream(bundle), "test", BundleLimits.Default).ReadAsync(Token);

    /// <summary>Exports a session that has a text wherever a record has room for one.</summary>
    private static async Task<byte[]> ExportPlantedAsync(BundleContent content)
    {
        await using var storage = new MemoryStorage();
        await storage.Records.CommitAsync(
            new()
            {
                CommitId = Guid.CreateVersion7(),
                SessionId = Id,
                At = Time,
                Session = Session,
                Contents = [new(Content, 4, "null"u8.ToArray())],
                Copied = Records(),
            },
            Token
        );
        using var bundle = new MemoryStream();
        await BundleExport.WriteAsync(storage, Id, bundle, new() { Content = content }, Token);
        return bundle.ToArray();
    }

    private static SessionInfo Session =>
        new()
        {
            Id = Id,
            Name = $"{Planted} session",
            Owner = $"{Planted} owner",
            Status = SessionStatus.Failed,
            StatusReason = $"{Planted} reason",
            Tags = [$"{Planted} one", $"{Planted} two"],
            ApplicationVersion = $"{Planted} application",
            CreatedAt = Time,
        };

    private static SessionCopy Records()
    {
        var first = new MessageRecord
        {
            Id = new(1, 1),
            Role = "user",
            Content = Content,
            CreatedAt = Time,
        };
        first = first with { Hash = first.ComputeHash(null) };
        var second = new MessageRecord
        {
            Id = new(1, 2),
            Parent = first.Id,
            Role = $"{Planted} role",
            Author = $"{Planted} author",
            Content = Content,
            CreatedAt = Time,
        };
        second = second with { Hash = second.ComputeHash(first.Hash) };
        return new()
        {
            Artifacts =
            [
                new()
                {
                    SessionId = Id,
                    Id = Artifact,
                    Name = $"{Planted} artifact",
                    Version = 1,
                    Sequence = 1,
                    ContentType = "text/plain",
                    Role = ArtifactRole.Output,
                    Digest = Content,
                    Size = 4,
                    ProducedBy = Response,
                    CreatedAt = Time,
                    Metadata = new Dictionary<string, JsonElement>
                    {
                        [$"{Planted} name"] = JsonElement.Parse("1"),
                        ["name"] = JsonElement.Parse($"\"{Planted} value\""),
                    },
                },
            ],
            Responses = [NewResponse()],
            Steps = [NewStep()],
            Conversations =
            [
                new(
                    new()
                    {
                        Name = $"{Planted} conversation",
                        Head = second.Id,
                        CreatedAt = Time,
                        UpdatedAt = Time,
                    },
                    [
                        [first, second],
                    ]
                ),
            ],
        };
    }

    private static TrackedResponse NewResponse() =>
        new()
        {
            Id = Response,
            SessionId = Id,
            Key = $"{Planted} key",
            Sequence = 2,
            Outcome = ResponseOutcome.Failed,
            Provider = "provider",
            RequestedModel = "model",
            ServedModel = "served",
            StartedAt = Time,
            Process = $"{Planted} machine",
            FinishReason = "stop",
            Error = Error,
            Conversation = new() { Name = $"{Planted} conversation" },
            RequestMessages = [Content],
            ApplicationVersion = $"{Planted} application",
            Metadata = new Dictionary<string, object?> { [$"{Planted} name"] = 1L, ["name"] = $"{Planted} value" },
            Attempts =
            [
                new()
                {
                    Number = 1,
                    Provider = "provider",
                    RequestedModel = "model",
                    StartedAt = Time,
                    Outcome = AttemptOutcome.Failed,
                    Cause = Error,
                    Error = Error,
                    ReplayedFrom = new($"{Planted}.cassette", Response, 1),
                },
            ],
            ToolCalls =
            [
                new()
                {
                    ModelCall = 1,
                    CallId = $"{Planted} call",
                    Name = $"{Planted} tool",
                    StartedAt = Time,
                    Outcome = ToolCallOutcome.Failed,
                    Error = Error,
                },
            ],
        };

    private static StepRecord NewStep() =>
        new()
        {
            SessionId = Id,
            Key = Content,
            Name = $"{Planted} step",
            Version = $"{Planted} version",
            ResultType = "System.Int32",
            Sequence = 3,
            Status = StepStatus.Failed,
            Fence = 1,
            CreatedAt = Time,
            Attempts =
            [
                new()
                {
                    Number = 1,
                    Owner = $"{Planted} machine",
                    StartedAt = Time,
                    Outcome = StepOutcome.Failed,
                    Error = Error,
                },
            ],
            Reads =
            [
                new()
                {
                    SessionId = Id,
                    Name = $"{Planted} artifact",
                    Version = 1,
                },
            ],
        };

    /// <summary>Every text of the records, and where it is: the names of members, and for a name that the caller has given what it is in.</summary>
    private static IEnumerable<(string Place, string Text)> TextsIn(byte[] bundle) =>
        LinesOf(bundle).SelectMany(line => TextsIn("", JsonNode.Parse(line)));

    private static IEnumerable<(string Place, string Text)> TextsIn(string place, JsonNode? node) =>
        node switch
        {
            JsonObject it => it.SelectMany(member =>
                TextsIn(place.Length == 0 ? member.Key : $"{place}.{member.Key}", member.Value)
                    .Concat(member.Key.Contains(Planted) ? [(place, member.Key)] : [])
            ),
            JsonArray it => it.SelectMany(item => TextsIn(place, item)),
            JsonValue it when it.GetValueKind() is JsonValueKind.String => [(place, it.GetValue<string>())],
            _ => [],
        };
}
