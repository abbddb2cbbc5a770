using System.Globalization;
using Dossier.Storage;

namespace Dossier;

/// <summary>Puts the calls of a cassette into a storage in memory, from which they are replayed as those of a session are.</summary>
internal static class CassetteStorage
{
    private const int CallsAtOnce = 500;

    /// <summary>The id of a call's response.</summary>
    /// <param name="number">The number of the call, from 1.</param>
    public static string IdOf(int number) => number.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>The number of the call that a response was made of.</summary>
    public static int NumberOf(string id) => int.Parse(id, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <returns>A storage with one session, whose id is the name of the cassette.</returns>
    public static async Task<MemoryStorage> LoadAsync(Cassette cassette, TimeProvider time, CancellationToken cancellationToken)
    {
        var storage = new MemoryStorage(time);
        var at = time.GetRecordTime();
        var session = new SessionInfo { Id = cassette.Name, CreatedAt = at };
        var sent = new List<ContentDigest[]>();
        for (var start = 0; start == 0 || start < cassette.Calls.Count; start += CallsAtOnce)
        {
            var contents = new CommitContents(storage);
            if (start == 0)
                foreach (var data in cassette.Data.Values)
                    await contents.AddAsync(data, cancellationToken).ConfigureAwait(false);
            var responses = new List<TrackedResponse>();
            foreach (var call in cassette.Calls.Skip(start).Take(CallsAtOnce))
            {
                var before = call.Back == 0 ? [] : sent[^call.Back];
                var (request, answer) = (
                    await AddAsync(call.Request).ConfigureAwait(false),
                    await AddAsync(call.Answer).ConfigureAwait(false)
                );
                sent.Add([.. before, .. request, .. answer]);
                ContentDigest? options = call.Options is { } json
                    ? await contents.AddOwnAsync(json, cancellationToken).ConfigureAwait(false)
                    : null;
                responses.Add(
                    ToResponse(call, sent.Count, at) with
                    {
                        SessionId = session.Id,
                        RequestMessages = [.. before, .. request],
                        ResponseMessages = answer,
                        RequestOptions = options,
                    }
                );
            }
            var commit = new SessionCommit
            {
                CommitId = Identifiers.NewGuid(at),
                SessionId = session.Id,
                At = at,
                Session = start == 0 ? session : null,
                ExpectedRevision = start == 0 ? 0 : null,
                Responses = responses,
                Contents = contents.Entries,
            };
            await contents.CommitAsync(commit, cancellationToken).ConfigureAwait(false);

            async ValueTask<ContentDigest[]> AddAsync(IReadOnlyList<ReadOnlyMemory<byte>> messages)
            {
                var digests = new ContentDigest[messages.Count];
                for (var i = 0; i < digests.Length; i++)
                    digests[i] = await contents.AddOwnAsync(messages[i], cancellationToken).ConfigureAwait(false);
                return digests;
            }
        }
        return storage;
    }

    private static TrackedResponse ToResponse(CassetteCall call, int number, DateTimeOffset at)
    {
        var attempts = call.Servings.Select((serving, index) => ToAttempt(call, serving, index + 1, at)).ToList();
        return new()
        {
            Id = IdOf(number),
            Operation = call.Operation,
            Outcome = call.HasAnswer ? ResponseOutcome.Succeeded : ResponseOutcome.Failed,
            Provider = call.Model.Provider,
            RequestedModel = call.Model.Model,
            StartedAt = at,
            StepKey = call.Step?.Key,
            StepAttempt = call.Step is null ? 0 : 1,
            ServedModel = attempts is [.., var last] ? last.ServedModel : null,
            FinishReason = call.Servings is [.., { Finish: var finish }] ? finish : null,
            Usage = AttemptSums.Usage(attempts),
            Attempts = attempts,
        };
    }

    private static Attempt ToAttempt(CassetteCall call, CassetteServing serving, int number, DateTimeOffset at) =>
        new()
        {
            Number = number,
            ModelCall = number,
            Provider = (serving.By ?? call.Model).Provider,
            RequestedModel = (serving.By ?? call.Model).Model,
            ServedModel = serving.Model,
            StartedAt = at,
            Outcome = AttemptOutcome.Succeeded,
            Usage = serving.Usage,
        };
}
