using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>
/// A named, versioned, immutable piece of content that a session stored: what is known of it, and how to read it.
/// Safe to use from several threads; reads fail with <see cref="ObjectDisposedException"/> once its store is closed.
/// </summary>
public sealed class Artifact
{
    /// <summary>The name under which content that was made of an artifact carries its id.</summary>
    internal const string LinkProperty = "dossier.artifact";

    private readonly IStorage _storage;

    // What was read together with the record, which is a snapshot of both.
    private readonly ReadOnlyMemory<byte>? _content;

    internal Artifact(ArtifactRecord record, IStorage storage, ReadOnlyMemory<byte>? content = null) =>
        (Record, _storage, _content) = (record, storage, content);

    /// <summary>All that is recorded of it.</summary>
    public ArtifactRecord Record { get; }

    /// <inheritdoc cref="ArtifactRecord.Id"/>
    public string Id => Record.Id;

    /// <inheritdoc cref="ArtifactRecord.SessionId"/>
    public string SessionId => Record.SessionId;

    /// <inheritdoc cref="ArtifactRecord.Name"/>
    public string Name => Record.Name;

    /// <inheritdoc cref="ArtifactRecord.Version"/>
    public int Version => Record.Version;

    /// <inheritdoc cref="ArtifactRecord.ContentType"/>
    public string ContentType => Record.ContentType;

    /// <inheritdoc cref="ArtifactRecord.Role"/>
    public ArtifactRole Role => Record.Role;

    /// <inheritdoc cref="ArtifactRecord.Digest"/>
    public ContentDigest Digest => Record.Digest;

    /// <inheritdoc cref="ArtifactRecord.Size"/>
    public long Size => Record.Size;

    /// <inheritdoc cref="ArtifactRecord.CreatedAt"/>
    public DateTimeOffset CreatedAt => Record.CreatedAt;

    /// <inheritdoc cref="ArtifactRecord.ProducedBy"/>
    public string? ProducedBy => Record.ProducedBy;

    /// <inheritdoc cref="ArtifactRecord.Metadata"/>
    public IReadOnlyDictionary<string, JsonElement> Metadata => Record.Metadata;

    /// <summary>Opens the content for reading. The caller disposes the stream.</summary>
    /// <exception cref="StorageException">The content is missing or cannot be read.</exception>
    public Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default)
    {
        StepScope.NoteRead(Record);
        return _storage.OpenReadAsync(Digest, cancellationToken);
    }

    /// <summary>Reads the content into memory.</summary>
    /// <exception cref="StorageException">The content is missing or cannot be read.</exception>
    public async Task<byte[]> ReadBytesAsync(CancellationToken cancellationToken = default) =>
        (await ReadContentAsync(cancellationToken).ConfigureAwait(false)).ToArray();

    /// <summary>Reads the content as text: UTF-8, unless it begins with the byte order mark of another encoding.</summary>
    /// <exception cref="StorageException">The content is missing or cannot be read.</exception>
    public async Task<string> ReadTextAsync(CancellationToken cancellationToken = default)
    {
        var bytes = await ReadContentAsync(cancellationToken).ConfigureAwait(false);
        using var reader = new StreamReader(StorageContent.AsStream(bytes), Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the content as JSON.</summary>
    /// <param name="typeInfo">How, from a source-generated context; needed under Native AOT.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="DossierException">The content is not JSON of that type.</exception>
    public async Task<T?> ReadAsync<T>(JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        var bytes = await ReadContentAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(bytes.Span, typeInfo);
        }
        catch (JsonException e)
        {
            throw new DossierException(
                $"Artifact '{Name}' version {Version} ({ContentType}) cannot be read as {typeof(T)}: {e.Message} Read it with ReadTextAsync to see what it holds.",
                e
            );
        }
    }

    /// <summary>Reads the content as JSON, names in camel case or as they are.</summary>
    /// <inheritdoc cref="ReadAsync{T}(JsonTypeInfo{T}, CancellationToken)" path="/exception"/>
    [RequiresUnreferencedCode(JsonText.ReflectionMessage)]
    [RequiresDynamicCode(JsonText.ReflectionMessage)]
    public Task<T?> ReadAsync<T>(CancellationToken cancellationToken = default) => ReadAsync(JsonText.TypeInfo<T>(), cancellationToken);

    /// <summary>
    /// Makes the content to send to a model: text as <see cref="TextContent"/>, anything else as <see cref="DataContent"/>.
    /// The call that it is sent with records this artifact as an input.
    /// </summary>
    /// <exception cref="StorageException">The content is missing or cannot be read.</exception>
    public async Task<AIContent> AsContentAsync(CancellationToken cancellationToken = default)
    {
        AIContent content = ContentTypes.IsText(ContentType)
            ? new TextContent(await ReadTextAsync(cancellationToken).ConfigureAwait(false))
            : new DataContent(await ReadContentAsync(cancellationToken).ConfigureAwait(false), ContentType);
        content.AdditionalProperties = new() { [LinkProperty] = Id };
        return content;
    }

    private ValueTask<ReadOnlyMemory<byte>> ReadContentAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = _storage.Records; // says so when the store is closed
        StepScope.NoteRead(Record);
        return _content is { } content ? new(content) : _storage.ReadAsync(Digest, cancellationToken);
    }

    /// <summary>Name, version, type and size.</summary>
    public override string ToString() => $"{Name} v{Version} ({ContentType}, {Size} bytes)";
}
