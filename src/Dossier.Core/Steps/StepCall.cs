using System.Buffers;
using Dossier.Storage;

namespace Dossier;

/// <summary>What is asked for: a name, a version and inputs, and the key that they come to.</summary>
internal sealed class StepCall
{
    private const int MaxNameLength = 1000;
    private const int ShortKey = 12;
    private const int ShortestPath = 32;
    private const int LongestInput = 96;

    private readonly List<ReadOnlyMemory<byte>> _values = [];
    private readonly ReadOnlyMemory<byte> _path;
    private List<Artifact>? _artifacts;

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
        var records = new StepInputRecord[inputs.Count];
        for (var i = 0; i < records.Length; i++)
            records[i] = Record(inputs[i], services, tally);
        Inputs = records;
        Redactions = tally.Redactions;
        _path = PathOf(outer);
        Key = KeyOf();
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

    /// <summary>The values among the inputs that are kept, each as it is.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Values => _values;

    /// <summary>The name of the artifact that the result becomes.</summary>
    public string ArtifactName => Options.ArtifactName ?? $"step/{Name}/{Key.ToHex()[..ShortKey]}";

    /// <summary>Whether what was read is an input. Another artifact of the same content is none: it may change while the input stays.</summary>
    public bool HasInput(StepRead read) =>
        _artifacts?.Any(input => input.Digest == read.Digest && input.Name == read.Name && input.SessionId == read.SessionId) is true;

    private StepInputRecord Record(StepInput input, StoreServices services, RedactionTally tally)
    {
        if (input.Artifact is { } artifact)
        {
            (_artifacts ??= []).Add(artifact);
            return new(artifact.Digest, artifact.Id);
        }
        var json = services.Masker.ApplyJson(input.Json, tally, RedactedPart.Request);
        var isKept = services.Capture is Capture.Full;
        if (isKept)
            _values.Add(json);
        return new(ContentDigest.Of(json.Span), StepKey: StepOrigins.Find(services.Storage, SessionId, input.Value)) { IsKept = isKept };
    }

    /// <summary>Where it is nested counts by names, so that a step within is reused when only another input of the outer one has changed.</summary>
    private ReadOnlyMemory<byte> PathOf(StepCall? outer)
    {
        var json = new ArrayBufferWriter<byte>((outer?._path.Length ?? 0) + Name.Length + ShortestPath);
        if (outer is not null)
        {
            json.Write(outer._path.Span);
            json.Write(","u8);
        }
        json.Write("["u8);
        CanonicalJson.Write(Name, json);
        json.Write(","u8);
        if (Version is { } version)
            CanonicalJson.Write(version, json);
        else
            json.Write("null"u8);
        json.Write("]"u8);
        return json.WrittenMemory;
    }

    /// <summary>Changing what is hashed means another number of its format, and that every step is run again.</summary>
    private ContentDigest KeyOf()
    {
        var json = new ArrayBufferWriter<byte>(_path.Length + ((Inputs.Count + 1) * LongestInput));
        json.Write("{\"format\":\"dossier-step/1\",\"inputs\":["u8);
        for (var i = 0; i < Inputs.Count; i++)
        {
            if (i > 0)
                json.Write(","u8);
            json.Write(Inputs[i].ArtifactId is null ? "{\"value\":\""u8 : "{\"artifact\":\""u8);
            Inputs[i].Digest.CopyTextTo(json.GetSpan(ContentDigest.TextLength));
            json.Advance(ContentDigest.TextLength);
            json.Write("\"}"u8);
        }
        json.Write("],\"path\":["u8);
        json.Write(_path.Span);
        json.Write("]}"u8);
        return ContentDigest.Of(json.WrittenSpan);
    }
}
