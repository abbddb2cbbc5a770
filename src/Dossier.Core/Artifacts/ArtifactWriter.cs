using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;

namespace Dossier;

/// <summary>Encodes what a session is given, and stores it as an artifact.</summary>
internal sealed class ArtifactWriter(StoreServices services, string sessionId, DateTimeOffset sessionCreatedAt)
{
    public ArtifactDraft OfText(string name, string data, string contentType)
    {
        ArgumentNullException.ThrowIfNull(data);
        var draft = Draft(name, StorageContent.AsStream(default), contentType);
        var tally = new RedactionTally();
        // In JSON a key may stand escaped, and a number that happens to be a key has to stay one.
        if (ContentTypes.IsJson(draft.ContentType))
        {
            var json = services.Masker.ApplyJson(Encoding.UTF8.GetBytes(data), tally, RedactedPart.Content);
            return draft with { Content = StorageContent.AsStream(json), Redactions = tally.Redactions };
        }
        var text = services.Masker.Apply(data, tally, RedactedPart.Content);
        return draft with { Content = StorageContent.AsStream(Encoding.UTF8.GetBytes(text)), Redactions = tally.Redactions };
    }

    public static ArtifactDraft OfBytes(string name, ReadOnlyMemory<byte> data, string contentType) =>
        Draft(name, StorageContent.AsStream(data), contentType);

    public static ArtifactDraft OfStream(string name, Stream data, string contentType)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.CanRead
            ? Draft(name, data, contentType)
            : throw new ArgumentException(
                $"The stream of artifact '{SecretMasker.ApplyShapes(name)}' cannot be read; pass one that is open for reading.",
                nameof(data)
            );
    }

    public ArtifactDraft OfObject<T>(string name, T data, JsonTypeInfo<T> typeInfo, string contentType)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        if (data is Task or ValueTask || (typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(ValueTask<>)))
        {
            throw new ArgumentException(
                $"Artifact '{services.Masker.ApplyToError(name)}' was not stored: it is a task, and not yet what the task will give. Await it first.",
                nameof(data)
            );
        }
        byte[] json;
        try
        {
            json = JsonSerializer.SerializeToUtf8Bytes(data, typeInfo);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            throw new ArgumentException(
                $"Artifact '{services.Masker.ApplyToError(name)}' was not stored: {data?.GetType() ?? typeof(T)} cannot be serialised: {ReasonOf(e)} Store an object of plain properties, or text, bytes or a stream.",
                nameof(data),
                e
            );
        }
        var tally = new RedactionTally();
        var masked = services.Masker.ApplyJson(json, tally, RedactedPart.Content);
        return Draft(name, StorageContent.AsStream(masked), contentType) with { Redactions = tally.Redactions };
    }

    public async Task<Artifact> StoreAsync(ArtifactDraft draft, ResponseLog responses, CancellationToken cancellationToken)
    {
        // A derived session may have changed the draft.
        Identifiers.CheckName(draft.Name, "name");
        var tally = new RedactionTally();
        tally.Add(draft.Redactions);
        var name = services.Masker.Apply(draft.Name, tally, RedactedPart.Name);
        var metadata = MetadataValues.ToJson(draft.Metadata, services.Masker, tally);
        var contentType = ContentTypes.Masked(ContentTypes.Resolve(draft.ContentType, "contentType"), services.Masker, tally);

        var contents = new CommitContents(services.Storage);
        var content = await contents.AddAsync(draft.Content, cancellationToken).ConfigureAwait(false);

        // What is given to the workflow was not made by it, even where a model repeats it word for word.
        var producer =
            draft.ProducedBy is null && draft.Role != ArtifactRole.Input && ContentTypes.IsText(contentType)
                ? await responses.ProducerOfAsync(content.Digest, cancellationToken).ConfigureAwait(false)
                : draft.ProducedBy;
        var now = services.Time.GetRecordTime();
        var id = Identifiers.NewGuid(now);
        var record = new ArtifactRecord
        {
            SessionId = sessionId,
            Id = id.ToString("N"),
            Name = name,
            ContentType = contentType,
            Role = draft.Role,
            Digest = content.Digest,
            Size = content.Size,
            CreatedAt = now,
            ProducedBy = producer,
            StepKey = StepScope.Of(services.Storage, sessionId)?.Key,
            Redactions = tally.Redactions,
            Metadata = metadata,
        };
        var commit = new SessionCommit
        {
            CommitId = id, // so that a store need not keep it beside the artifact
            SessionId = sessionId,
            SessionCreatedAt = sessionCreatedAt,
            At = now,
            Contents = contents.Entries,
            Artifacts = [record],
        };
        var result = await contents.CommitAsync(draft.Amend is { } amend ? amend(commit) : commit, cancellationToken).ConfigureAwait(false);
        record = record with { Version = result.ArtifactVersions[0], Sequence = result.ArtifactSequences[0] };
        Log.Redacted(services.Logger, sessionId, $"artifact '{name}'", record.Redactions);
        StepScope.NoteStored(record);
        Log.ArtifactStored(services.Logger, sessionId, name, record.Version, record.Digest, record.Size);
        return new(record, services.Storage);
    }

    /// <summary>What an exception of the caller's code says, without its secrets.</summary>
    public string MessageOf(Exception exception) => services.Masker.ApplyToError(exception.Message);

    /// <summary>The same as a short sentence: what a cycle says names its way through the object 64 times.</summary>
    public string ReasonOf(Exception exception)
    {
        var message = MessageOf(exception).TrimEnd('.');
        return (message.Length <= 160 ? message : string.Concat(message.AsSpan(0, 159), "…")) + ".";
    }

    private static ArtifactDraft Draft(string name, Stream content, string contentType)
    {
        Identifiers.CheckName(name, nameof(name));
        return new()
        {
            Name = name,
            Content = content,
            ContentType = ContentTypes.Resolve(contentType, nameof(contentType)),
        };
    }
}
