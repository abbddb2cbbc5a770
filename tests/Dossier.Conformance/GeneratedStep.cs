using System.Globalization;
using System.Text;
using CsCheck;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What a generated step does.</summary>
internal enum StepKind
{
    Store,
    StoreSeveral,
    StoreLarge,
    Respond,
    Answer,
    Rename,
    Say,
    MoveHead,
    Begin,
    BeginExpired,
    TakeOver,
    Renew,
    Keep,
    Fail,
    Create,
    RenameGuarded,
    Trash,
    Restore,
    Pin,
    Unpin,
    TrashSession,
    Repeat,
    Purge,
    Reopen,
}

/// <summary>One step of a generated sequence. What the numbers mean depends on its kind; they are small, so that steps meet.</summary>
internal sealed record Step(StepKind Kind, int Session, int Name, int Value)
{
    private static readonly TimeSpan s_long = TimeSpan.FromDays(1);

    /// <summary>Any steps.</summary>
    public static Gen<Step[]> Sequences { get; } = Of(Enum.GetValues<StepKind>()).Array[1, 40];

    /// <summary>Attempts of a few steps of a workflow in one session, with what happens to their results.</summary>
    public static Gen<Step[]> AttemptSequences { get; } =
        Of(
                StepKind.Begin,
                StepKind.Begin,
                StepKind.BeginExpired,
                StepKind.TakeOver,
                StepKind.Renew,
                StepKind.Keep,
                StepKind.Keep,
                StepKind.Fail,
                StepKind.Trash,
                StepKind.Restore,
                StepKind.Purge,
                StepKind.Repeat,
                StepKind.Reopen
            )
            .Select(step => step with { Session = 0 })
            .Array[1, 60]
            .Select(steps => (Step[])[new(StepKind.Create, 0, 0, 0), .. steps]);

    /// <summary>
    /// For several writers at once: steps whose outcome, given their place in the order, depends on nothing else but on what a purge has
    /// taken of what the same writer has trashed.
    /// </summary>
    public static Gen<Step[][]> ConcurrentSequences { get; } =
        Of(
            StepKind.Store,
            StepKind.StoreSeveral,
            StepKind.StoreLarge,
            StepKind.Respond,
            StepKind.Answer,
            StepKind.Rename,
            StepKind.Trash,
            StepKind.Trash,
            StepKind.Restore,
            StepKind.Purge
        )
            .Array[1, 16]
            .Array[2, 5];

    public string SessionId => $"s-{Session}";

    /// <summary>The commit that this step makes.</summary>
    /// <param name="number">Its number among all steps; ids are made of it.</param>
    /// <param name="store">What takes content that is too large to travel with the commit.</param>
    public async Task<SessionCommit> ToCommitAsync(int number, IContentStore store)
    {
        var commit = new SessionCommit
        {
            CommitId = Guid.CreateVersion7(), // a storage may forget old ones, and tells their age by their id
            SessionId = SessionId,
            At = DateTimeOffset.UnixEpoch.AddSeconds(1_790_000_000 + Value * 10),
        };
        switch (Kind)
        {
            case StepKind.Store:
                return WithArtifacts(commit, number, [Inline(Value)]);
            case StepKind.StoreSeveral:
                return WithArtifacts(commit, number, [Inline(Value), Inline(Value + 1), Inline(Value)]);
            case StepKind.StoreLarge:
                return WithArtifacts(commit, number, [await LargeAsync(store)]);
            case StepKind.Respond:
                return commit with { Responses = [Response(IdOf(number, 1), ResponseOutcome.Succeeded)] };
            case StepKind.Answer:
                // An intent and its answer: the response is written, and written again in the same or another commit.
                var id = IdOf(number, 1);
                return commit with { Responses = [Response(id, ResponseOutcome.InProgress), Response(id, ResponseOutcome.Failed)] };
            case StepKind.Rename:
                return commit with { Session = Info(), Responses = [Response(IdOf(number, 1), ResponseOutcome.Cancelled)] };
            case StepKind.Say:
                return commit with { Contents = [Inline(Value)], Conversations = [Change([Message(Value), Message(Value)])] };
            case StepKind.MoveHead:
                return commit with { Conversations = [Change([]) with { Head = Message(Value / 4, 1) }] };
            case StepKind.Begin or StepKind.BeginExpired or StepKind.TakeOver:
                return commit with { Contents = [Inline(Value)], Steps = [Begin()] };
            case StepKind.Renew:
                return commit with { Steps = [Renewal()] };
            case StepKind.Keep:
                var kept = WithArtifacts(commit, number, [Value % 2 == 0 ? Inline(Value) : await LargeAsync(store)]);
                return kept with
                {
                    Steps = [End(StepOutcome.Kept) with { ResultArtifact = kept.Artifacts[0].Id, ResultDigest = kept.Artifacts[0].Digest }],
                };
            case StepKind.Fail:
                return commit with { Steps = [End(StepOutcome.Failed)] };
            case StepKind.Trash or StepKind.Restore or StepKind.Pin or StepKind.Unpin:
                // Of what one of the first steps may have stored.
                return commit with { ArtifactChanges = [new(IdOf(Value, 1), ChangeOf(Kind))] };
            case StepKind.TrashSession:
                return commit with { Session = Info() with { TrashedAt = commit.At } };
            case StepKind.Create:
                return commit with { Session = Info(), ExpectedRevision = 0 };
            default:
                return commit with { Session = Info(), ExpectedRevision = Value % 3 };
        }
    }

    /// <summary>The commit that moves an artifact to the trash or back. Its response gives it a place in the order of its session.</summary>
    public SessionCommit ToChange(int number, ArtifactRecord artifact) =>
        new()
        {
            CommitId = Guid.CreateVersion7(),
            SessionId = artifact.SessionId,
            At = DateTimeOffset.UnixEpoch.AddSeconds(1_790_000_000 + Value * 10),
            ArtifactChanges = [new(artifact.Id, ChangeOf(Kind))],
            Responses = [Response(IdOf(number, 1), ResponseOutcome.Succeeded) with { SessionId = artifact.SessionId }],
        };

    private static Gen<Step> Of(params StepKind[] kinds) =>
        Gen.Select(
            Gen.Int[0, kinds.Length - 1],
            Gen.Int[0, 2],
            Gen.Int[0, 3],
            Gen.Int[0, 9],
            (kind, session, name, value) => new Step(kinds[kind], session, name, value)
        );

    private static ArtifactChangeKind ChangeOf(StepKind kind) =>
        kind switch
        {
            StepKind.Trash => ArtifactChangeKind.Trash,
            StepKind.Restore => ArtifactChangeKind.Restore,
            StepKind.Pin => ArtifactChangeKind.Pin,
            _ => ArtifactChangeKind.Unpin,
        };

    /// <summary>Of what one of the first steps may have said, or of nothing.</summary>
    private ConversationChange Change(MessageRecord[] messages) =>
        new()
        {
            Conversation = $"name {Name % 2}",
            ExpectedHead = Message(Value % 4, 2),
            Messages = messages,
        };

    private static MessageId? Message(int run, int depth) => run == 0 ? null : new(run, depth);

    private static MessageRecord Message(int value) =>
        new()
        {
            Role = "user",
            Content = Inline(value).Digest,
            CreatedAt = DateTimeOffset.UnixEpoch,
        };

    private ContentDigest Key => ContentDigest.Of([(byte)(Name % 2)]);

    private long Fence => 1 + Value % 4;

    private StepBegin Begin() =>
        new()
        {
            Key = Key,
            Fence = Fence,
            Owner = "here/1/2",
            Lease = Kind is StepKind.BeginExpired ? TimeSpan.Zero : s_long,
            SupersedesEnded = Kind is StepKind.TakeOver,
            Step = new()
            {
                Key = Key,
                Name = $"name {Name}",
                Inputs = [new(Inline(Value).Digest)],
                ResultType = "System.String",
                CreatedAt = DateTimeOffset.UnixEpoch,
            },
        };

    private StepRenewal Renewal() =>
        new()
        {
            Key = Key,
            Fence = Fence,
            Lease = Value > 7 ? TimeSpan.Zero : s_long,
        };

    private StepEnd End(StepOutcome outcome) =>
        new()
        {
            Key = Key,
            Fence = Fence,
            Outcome = outcome,
            Error = outcome is StepOutcome.Kept ? null : new() { Message = "It failed." },
        };

    private static string IdOf(int number, int part) => string.Create(CultureInfo.InvariantCulture, $"{(number + 1) * 16 + part:x32}");

    private static ContentEntry Inline(int value)
    {
        var bytes = Encoding.UTF8.GetBytes($"content {value}");
        return new(ContentDigest.Of(bytes), bytes.Length, bytes);
    }

    private Task<ContentEntry> LargeAsync(IContentStore store) => store.WriteAsync(new MemoryStream(new byte[70_000 + Value]));

    private SessionInfo Info() =>
        new()
        {
            Id = SessionId,
            Name = $"name {Name}",
            Status = (SessionStatus)(Value % 3),
            Tags = [$"tag {Value}"],
            CreatedAt = DateTimeOffset.UnixEpoch.AddSeconds(1_789_000_000 + Value),
        };

    private SessionCommit WithArtifacts(SessionCommit commit, int number, ContentEntry[] contents) =>
        commit with
        {
            Contents = contents,
            Artifacts =
            [
                .. contents.Select(
                    (content, i) =>
                        new ArtifactRecord
                        {
                            SessionId = SessionId,
                            Id = IdOf(number, i + 1),
                            Name = $"name {(Name + i) % 4}",
                            ContentType = "text/plain",
                            Role = (ArtifactRole)(Value % 3),
                            Digest = content.Digest,
                            Size = content.Size,
                            CreatedAt = commit.At,
                        }
                ),
            ],
        };

    private TrackedResponse Response(string id, ResponseOutcome outcome) =>
        new()
        {
            Id = id,
            SessionId = SessionId,
            Key = $"key {Name}",
            Outcome = outcome,
            StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(1_790_000_000),
        };
}
