using System.Text;
using Dossier.Storage;

namespace Dossier;

/// <summary>What is asked for: a name, a version and inputs, and the key that they come to.</summary>
internal sealed class StepCall
{
    /// <summary>Changing what is hashed means another number, and that every step is run again.</summary>
    private const string Format = "dossier-step/1";
    private const int MaxNameLength = 1000;
    private const int ShortKey = 12;

    private readonly List<ReadOnlyMemory<byte>> _values = [];
    private readonly string _path;

    /// <param name="services">What the session works with.</param>
    /// <param name="session">The session.</param>
    /// <param name="name">The step's name.</param>
    /// <param name="inputs">What its result depends on.</param>
    /// <param name="options">How it is run.</param>
    public StepCall(StoreServices services, SessionInfo session, string name, IReadOnlyList<StepInput> inputs, StepOptions options)
    {
        Identifiers.CheckName(name, nameof(name));
        if (name.Length > MaxNameLength)
            throw new ArgumentException(
                $"The name of the step has {name.Length} characters; at most {MaxNameLength} are kept.",
                nameof(name)
            );
        var outer = StepScope.Of(services.Storage, session.Id)?.Call;
        (SessionId, SessionCreatedAt) = (session.Id, session.CreatedAt);
        var tally = new RedactionTally();
        (Name, Options, ParentKey) = (services.Masker.Apply(name, tally, RedactedPart.Name), options, outer?.Key);
        Version = services.Masker.ApplyTo(options.Version, tally, RedactedPart.Name);
        Inputs = [.. inputs.Select(input => Record(input, services, tally))];
        Redactions = tally.Redactions;
        // Where it is nested counts by names, so that a step within is reused when only another input of the outer one has changed.
        _path = $"{(outer is null ? "" : outer._path + ",")}[{Json(Name)},{(Version is { } version ? Json(version) : "null")}]";
        Key = ContentDigest.Of(
            Encoding.UTF8.GetBytes(
                $$"""{"format":"{{Format}}","inputs":[{{string.Join(',', Inputs.Select(Describe))}}],"path":[{{_path}}]}"""
            )
        );
    }

    public string SessionId { get; }

    public DateTimeOffset SessionCreatedAt { get; }

    public string Name { get; }

    public string? Version { get; }

    public StepOptions Options { get; }

    public ContentDigest? ParentKey { get; }

    public IReadOnlyList<StepInputRecord> Inputs { get; }

    /// <summary>What was taken out of the name, the version and the inputs.</summary>
    public IReadOnlyList<Redaction> Redactions { get; }

    public ContentDigest Key { get; }

    /// <summary>The values among the inputs, each as it is kept.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Values => _values;

    /// <summary>The name of the artifact that the result becomes.</summary>
    public string ArtifactName => Options.ArtifactName ?? $"step/{Name}/{Key.ToHex()[..ShortKey]}";

    public bool HasInput(ContentDigest digest) => Inputs.Any(input => input.ArtifactId is not null && input.Digest == digest);

    private StepInputRecord Record(StepInput input, StoreServices services, RedactionTally tally)
    {
        if (input.Artifact is { } artifact)
            return new(artifact.Digest, artifact.Id);
        var json = services.Masker.ApplyJson(input.Json, tally, RedactedPart.Request);
        _values.Add(json);
        return new(ContentDigest.Of(json.Span), StepKey: StepOrigins.Find(services.Storage, SessionId, input.Value));
    }

    private static string Describe(StepInputRecord input) =>
        $$"""{"{{(input.ArtifactId is null ? "value" : "artifact")}}":"{{input.Digest}}"}""";

    private static string Json(string text) => Encoding.UTF8.GetString(CanonicalJson.Write(text).Span);
}
