using System.Buffers;
using Dossier.Storage;

namespace Dossier;

/// <summary>Whether the records of a bundle fit together, so that no store has to ask. They may be anybody's.</summary>
internal sealed class BundleCheck(string bundle, BundleManifest manifest, BundleRecords records)
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    // So far below the last number that there is that what is recorded later gets one.
    private const long LastSequence = long.MaxValue / 2;
    private const int LastVersion = int.MaxValue / 2;

    private readonly HashSet<long> _sequences = [];

    /// <exception cref="BundleException">They do not.</exception>
    public void Check()
    {
        var session = records.Session;
        Require(session.Id == manifest.SessionId, $"is of session '{session.Id}', and its manifest of '{manifest.SessionId}'");
        Require(session.TrashedAt is null && session.Revision == 0, "has a session as only a store has it");
        Require(records.Settled is { Cost: >= 0, Tokens: >= 0, Calls: >= 0 }, $"has spent less than nothing: {records.Settled}");
        Require(
            records.Counts == manifest.Counts,
            $"has other numbers of records than its manifest says: {records.Counts}, not {manifest.Counts}"
        );
        CheckArtifacts();
        CheckResponses();
        CheckSteps();
        CheckConversations();
        CheckContents();
    }

    private void CheckArtifacts()
    {
        var ids = new HashSet<string>();
        var versions = new Dictionary<string, int>();
        var last = 0L;
        foreach (var artifact in records.Artifacts)
        {
            var it = $"artifact '{artifact.Id}'";
            CheckRecord(it, artifact.Id, artifact.SessionId, artifact.Sequence, ref last, ids);
            Require(
                IsName(artifact.Name) && artifact.Version > versions.GetValueOrDefault(artifact.Name) && artifact.Version <= LastVersion,
                $"has {it} without a name or version that it could have"
            );
            versions[artifact.Name] = artifact.Version;
            Require(artifact.ContentType.Length > 0 && artifact.TrashedAt is null, $"has {it} without a content type, or in the trash");
            Require(artifact.ProducedBy is null || IsRecordId(artifact.ProducedBy), $"has {it} of a response '{artifact.ProducedBy}'");
        }
    }

    private void CheckResponses()
    {
        var ids = new HashSet<string>();
        var last = 0L;
        foreach (var response in records.Responses)
        {
            var it = $"response '{response.Id}'";
            CheckRecord(it, response.Id, response.SessionId, response.Sequence, ref last, ids);
            Require(response.Outcome is not ResponseOutcome.InProgress, $"has {it}, which has not ended");
        }
    }

    private void CheckSteps()
    {
        var keys = new HashSet<ContentDigest>();
        var results = records.Artifacts.ToDictionary(artifact => artifact.Id, artifact => artifact.Digest);
        var last = 0L;
        foreach (var step in records.Steps)
        {
            var it = $"step {step.Key}";
            Require(step.SessionId == records.Session.Id, $"has {it} of session '{step.SessionId}'");
            CheckSequence(it, step.Sequence, ref last);
            Require(keys.Add(step.Key), $"has {it} twice");
            Require(step.Status is not StepStatus.Running, $"has {it}, which has not ended");
            // A step's result is read by its digest, so that it may be nothing else than the content of an artifact of its own session.
            Require(
                step.ResultArtifact is { } result
                    ? results.TryGetValue(result, out var digest) && digest == step.ResultDigest
                    : step.ResultDigest is null,
                $"has {it} with the result '{step.ResultArtifact}' of content {step.ResultDigest}, which is no artifact of it"
            );
        }
    }

    private void CheckConversations()
    {
        var names = new HashSet<string>();
        var runs = new HashSet<long>();
        foreach (var (info, ofConversation) in records.Conversations)
        {
            Require(
                IsName(info.Name) && names.Add(info.Name),
                $"has conversation '{info.Name}' twice, or under a name that it cannot have"
            );
            Require(ofConversation.Count > 0, $"has conversation '{info.Name}' without messages");
            var hashes = new Dictionary<MessageId, ContentDigest>();
            foreach (var run in ofConversation)
            {
                Require(runs.Add(run[0].Id.Run), $"has run {run[0].Id.Run} of messages twice");
                CheckRun(info.Name, run, hashes);
            }
            Require(
                info.Head is not { } head || hashes.ContainsKey(head),
                $"has no message {info.Head}, the head of conversation '{info.Name}'"
            );
        }
    }

    private void CheckRun(string conversation, IReadOnlyList<MessageRecord> run, Dictionary<MessageId, ContentDigest> hashes)
    {
        MessageId? before = run[0].Parent;
        var parent = default(ContentDigest);
        Require(
            before is not { } branch || hashes.TryGetValue(branch, out parent),
            $"has message {run[0].Id} of conversation '{conversation}' behind {before}, which is not there"
        );
        foreach (var message in run)
        {
            Require(
                message.Parent == before && message.Id.Depth == (before?.Depth ?? 0) + 1,
                $"has message {message.Id} of conversation '{conversation}' in another place than behind {(before is { } id ? id.ToString() : "none")}"
            );
            Require(
                manifest.Redacted && !BundleRedaction.IsWhole(message)
                    || message.Hash == message.ComputeHash(before is null ? null : parent),
                $"has message {message.Id} of conversation '{conversation}' with another hash than it makes, so that it or one before it was changed"
            );
            Require(
                message.ResponseId is null || IsRecordId(message.ResponseId),
                $"has message {message.Id} of a response '{message.ResponseId}'"
            );
            hashes.Add(message.Id, message.Hash);
            (before, parent) = (message.Id, message.Hash);
        }
    }

    private void CheckContents()
    {
        var sizes = manifest.Content!.ToDictionary(part => part.Digest, part => part.Size);
        foreach (var content in records.Names)
        {
            if (!sizes.TryGetValue(content.Digest, out var size))
                throw BundleException.Refused(bundle, BundlePart.NameOf(content.Digest), "is named by a record and is not there");
            Require(
                content.Size is null || content.Size == size,
                $"names content {content.Digest} of {content.Size} bytes, which has {size}"
            );
        }
    }

    private void CheckRecord(string it, string id, string sessionId, long sequence, ref long last, HashSet<string> ids)
    {
        Require(IsRecordId(id), $"has {it}, which is no id");
        Require(ids.Add(id), $"has {it} twice");
        Require(sessionId == records.Session.Id, $"has {it} of session '{sessionId}'");
        CheckSequence(it, sequence, ref last);
    }

    private void CheckSequence(string it, long sequence, ref long last)
    {
        Require(sequence > last && sequence <= LastSequence && _sequences.Add(sequence), $"has {it} out of order, at {sequence}");
        last = sequence;
    }

    private static bool IsRecordId(string id) => id is { Length: 32 } && !id.AsSpan().ContainsAnyExcept(LowerHex);

    private static bool IsName(string name)
    {
        try
        {
            Identifiers.CheckName(name, nameof(name));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void Require(bool isTrue, string problem)
    {
        if (!isTrue)
            throw BundleException.Refused(bundle, BundleLayout.RecordsName, problem);
    }
}
