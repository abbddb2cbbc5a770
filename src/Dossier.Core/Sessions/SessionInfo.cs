using System.Globalization;
using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>The record of a session: what is known of it without reading anything that it owns.</summary>
public sealed record SessionInfo
{
    /// <summary>The id: 1 to 128 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, not beginning with a dot.</summary>
    public required string Id { get; init; }

    /// <summary>A name for people; need not be unique.</summary>
    public string? Name { get; init; }

    /// <summary>The tenant or user that it belongs to, as <see cref="SessionOptions.Owner"/> said when it was created.</summary>
    public string? Owner { get; init; }

    /// <summary>Where it stands.</summary>
    public SessionStatus Status { get; init; }

    /// <summary>Why it failed, for <see cref="SessionStatus.Failed"/>; secrets are masked.</summary>
    public string? StatusReason { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What it may spend, as <see cref="SessionOptions.Budget"/> said last; null for no limits. What it has spent is in <see cref="SessionBudget.GetStatusAsync"/>.</summary>
    public Budget? Budget { get; init; }

    /// <summary>The version of the application that opened it last, as <see cref="SessionOptions.ApplicationVersion"/> said.</summary>
    public string? ApplicationVersion { get; init; }

    /// <summary>The session that it was forked from, and where; null for one that began by itself.</summary>
    public ForkOrigin? ForkedFrom { get; init; }

    /// <summary>What was taken out of its name, its tags and the like, when something last was; nothing for nearly all.</summary>
    public IReadOnlyList<Redaction> Redactions { get; init; } = [];

    /// <summary>Since when it is in the trash, with all that it owns, UTC; null when it is not.</summary>
    public DateTimeOffset? TrashedAt { get; init; }

    /// <summary>When it was created, UTC, in whole microseconds.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last written to, UTC, in whole microseconds. Set by the store.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>How often this record was written. Set by the store.</summary>
    public long Revision { get; init; }

    /// <summary>Id, name, status and times, in one line. The same in every culture.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Id}{(Name is null ? "" : $" ({Name})")} {Status.ToString().ToLowerInvariant()}{(StatusReason is null ? "" : $": {SummaryTable.OneLine(StatusReason)}")}; created {CreatedAt:yyyy-MM-dd HH:mm:ss}, updated {UpdatedAt:yyyy-MM-dd HH:mm:ss}{(TrashedAt is { } trashed ? $", in the trash since {trashed:yyyy-MM-dd HH:mm:ss}" : "")}"
        );
}

/// <summary>Where a session stands. Only <c>CompleteAsync</c> and <c>FailAsync</c> change it; disposing does not.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SessionStatus>))]
public enum SessionStatus
{
    /// <summary>Work goes on, or its process ended without saying otherwise.</summary>
    Active,

    /// <summary>Its work is done.</summary>
    Completed,

    /// <summary>Its work was given up.</summary>
    Failed,
}

/// <summary>What opening does when the session exists already, or does not.</summary>
public enum OpenMode
{
    /// <summary>Opens the session, or creates it when there is none. The default.</summary>
    OpenOrCreate,

    /// <summary>Opens the session; throws <see cref="NotFoundException"/> when there is none.</summary>
    Open,

    /// <summary>Creates the session; throws <see cref="ConflictException"/> when there is one already.</summary>
    Create,
}
