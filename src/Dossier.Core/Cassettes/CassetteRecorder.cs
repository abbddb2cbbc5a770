using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>Writes the calls of a session as a cassette. Used by one caller, once.</summary>
/// <param name="services">The store.</param>
/// <param name="sessionId">The session.</param>
/// <param name="cassetteName">The cassette that the session replays; null when it replays none.</param>
/// <param name="location">Where it is to be, as messages call it.</param>
internal sealed class CassetteRecorder(StoreServices services, string sessionId, string? cassetteName, string location)
{
    private const int Base64Length = 76;

    private readonly IStorage _storage = services.Storage;
    private readonly CassetteLines _lines = new();
    private readonly Dictionary<ContentDigest, ReadOnlyMemory<byte>> _read = [];

    // Of messages without tool calls, which look the same everywhere.
    private readonly Dictionary<ContentDigest, string> _written = [];

    // By what a call was sent and answered, the number of the last one of those that it can stand before.
    private readonly Dictionary<ContentDigest, int> _histories = [];
    private readonly HashSet<ContentDigest> _data = [];
    private List<string> _ids = [];
    private int _calls;
    private long _messages;

    /// <returns>The cassette in UTF-8.</returns>
    /// <exception cref="CassetteException">It would be too large.</exception>
    /// <exception cref="ReplaySourceException">The texts of the session are not kept.</exception>
    public async Task<byte[]> WriteAsync(CancellationToken cancellationToken)
    {
        _lines.Add($"{Cassette.Head}{Cassette.Version}");
        foreach (var (response, step, request) in await ReadAsync(cancellationToken).ConfigureAwait(false))
            await WriteAsync(response, step, request, cancellationToken).ConfigureAwait(false);
        var text = Encoding.UTF8.GetBytes(_lines.ToString());
        return text.Length <= Cassette.MostBytes
            ? text
            : throw CassetteException.TooLarge(
                location,
                $"{text.Length / 1024 / 1024:N0} MiB, of {Cassette.MostBytes / 1024 / 1024:N0} at most"
            );
    }

    /// <summary>The calls in their order: those of a step where it began, and what was replayed from a cassette as it stands there.</summary>
    private async Task<List<(TrackedResponse Response, StepRecord? Step, List<ContentDigest> Request)>> ReadAsync(
        CancellationToken cancellationToken
    )
    {
        var steps = new Dictionary<ContentDigest, StepRecord>();
        var pages = RecordPages.ReadAllAsync(next =>
            _storage.Records.QueryStepsAsync(sessionId, new() { PageSize = 1000 }, next, cancellationToken)
        );
        await foreach (var step in pages.ConfigureAwait(false))
            steps[step.Key] = step;
        var calls = new List<(TrackedResponse Response, StepRecord? Step, List<ContentDigest> Request)>();
        var recorded = new RecordedCalls(_storage, sessionId).ReadRequestsAsync(cancellationToken);
        await foreach (var (response, request) in recorded.ConfigureAwait(false))
            calls.Add((response, response.StepKey is { } key ? steps.GetValueOrDefault(key) : null, request));
        // The result of a step was made of what its last attempt was answered.
        var last = calls
            .Where(static call => call.Response.StepKey is not null)
            .GroupBy(static call => call.Response.StepKey!.Value)
            .ToDictionary(static group => group.Key, static group => group.Max(static call => call.Response.StepAttempt));
        calls =
        [
            .. calls
                .Where(call => call.Response.StepKey is not { } key || call.Response.StepAttempt == last[key])
                .OrderBy(static call => call.Step?.Sequence ?? call.Response.Sequence)
                .ThenBy(static call => call.Response.Sequence),
        ];
        if (cassetteName is null)
            return calls;
        var place = 0;
        return
        [
            .. calls
                .Select(call => (Call: call, Place: place = PlaceOf(call.Response) ?? place))
                .OrderBy(static it => it.Place)
                .Select(static it => it.Call),
        ];
    }

    private int? PlaceOf(TrackedResponse response) =>
        response.Attempts is [{ ReplayedFrom: { } origin }, ..] && string.Equals(origin.SessionId, cassetteName, StringComparison.Ordinal)
            ? CassetteStorage.NumberOf(origin.ResponseId)
            : null;

    private async Task WriteAsync(
        TrackedResponse response,
        StepRecord? step,
        List<ContentDigest> request,
        CancellationToken cancellationToken
    )
    {
        var answer = WithoutEmpty(await ReadMessagesAsync(response.ResponseMessages, cancellationToken).ConfigureAwait(false));
        // Of what came whole before it failed, the results of its tools are the last.
        if (!response.Success)
            answer = answer.GetRange(0, answer.FindLastIndex(static it => IsOfTools(it.Message)) + 1);
        _calls++;
        _lines.Add("");
        var operation = response.Operation is ResponseOperation.Embedding ? "embedding" : "chat";
        _lines.Add($"# {operation} {CassetteLines.Word($"{response.Provider}/{response.RequestedModel}")}");
        if (response.StepKey is { } key)
            _lines.Add($"step: {CassetteLines.Word(step?.Name ?? "unknown")} {key}");
        await WriteSentAsync(response, request, answer, cancellationToken).ConfigureAwait(false);
        WriteAnswer(response, answer);
        foreach (var digest in answer.SelectMany(static it => MessageEncoder.ReferencesIn(it.Json)))
            if (_data.Add(digest))
                await WriteBytesAsync(digest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Without messages that say nothing, but for those that are all that a model call answered.</summary>
    private static List<StoredMessage> WithoutEmpty(List<StoredMessage> answer)
    {
        var kept = new List<StoredMessage>(answer.Count);
        for (var i = 0; i < answer.Count; i++)
            if (
                !answer[i].SaysNothing
                || !(kept is [.., var before] && !IsOfTools(before.Message) || i + 1 < answer.Count && !IsOfTools(answer[i + 1].Message))
            )
                kept.Add(answer[i]);
        return kept is [{ SaysNothing: true }] ? [] : kept;
    }

    private async Task WriteSentAsync(
        TrackedResponse response,
        List<ContentDigest> digests,
        List<StoredMessage> answer,
        CancellationToken cancellationToken
    )
    {
        var request = await ReadMessagesAsync(digests, cancellationToken).ConfigureAwait(false);
        _ids = [];
        var written = new List<string>(request.Count);
        var (history, hash, before) = (0, ContentDigest.Of([]), 0);
        foreach (var message in request.Where(static it => !it.SaysNothing))
        {
            written.Add(Write(message, isAnswer: false));
            hash = Next(hash, written[^1]);
            if (_histories.TryGetValue(hash, out var earlier))
                (history, before) = (earlier, written.Count);
        }
        if (before > 0)
            _lines.Add($"after: {_calls - history}");
        await WriteOptionsAsync(response, cancellationToken).ConfigureAwait(false);
        foreach (var message in written.Skip(before))
        {
            _lines.Add("");
            _lines.AddLines(message);
        }
        _messages += request.Count + answer.Count;
        if (_messages > Cassette.MostMessages)
            throw CassetteException.TooLarge(location, $"more than {Cassette.MostMessages:N0} messages, each counted wherever it was sent");
        if (!response.Success)
            return;
        // Its numbers go on in the answer, and are taken back for that to be written.
        var known = _ids.Count;
        foreach (var message in answer.Where(static it => !it.SaysNothing))
            hash = Next(hash, Write(message, isAnswer: false));
        _ids.RemoveRange(known, _ids.Count - known);
        if (request.Count + answer.Count > 0)
            _histories[hash] = _calls;
    }

    private async Task WriteOptionsAsync(TrackedResponse response, CancellationToken cancellationToken)
    {
        if (response.RequestOptions is not { } digest)
            return;
        var options = RequestForm.OptionsOf(await _storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false), isFollowUp: false);
        foreach (var kind in new[] { "option", "property", "tool" })
        foreach (var (name, value) in options)
        {
            var (own, bare) =
                name.StartsWith("tool '", StringComparison.Ordinal) ? ("tool", "")
                : name.StartsWith("property '", StringComparison.Ordinal) ? ("property", name["property '".Length..^1])
                : ("option", name);
            if (own == kind)
                _lines.AddValue(own == "tool" ? own : $"{own} {CassetteLines.Name(bare)}", value);
        }
    }

    private void WriteAnswer(TrackedResponse response, List<StoredMessage> answer)
    {
        var calls = ToolLoop.Split([.. answer.Select(static it => IsOfTools(it.Message))]);
        var given = Enumerable
            .Range(1, calls.Count)
            .Select(number => response.Attempts.LastOrDefault(it => it.Outcome is AttemptOutcome.Succeeded && it.ModelCall == number))
            .ToList();
        var isWhole = given.Contains(null) || (calls.Count == 1 && response.Success);
        for (var i = 0; i < answer.Count; i++)
        {
            _lines.Add("");
            _lines.AddLines(Write(answer[i], isAnswer: true));
            var call = isWhole ? -1 : calls.ToList().FindIndex(it => it.Start + it.Count == i + 1);
            if (call >= 0)
                WriteServing(
                    response,
                    given[call]!,
                    given[call]!.ReplayedFrom?.Usage ?? given[call]!.Usage,
                    isLast: call == calls.Count - 1 && response.Success
                );
        }
        if (isWhole && response.Success)
        {
            var attempt = response.Attempts.LastOrDefault(static it => it.Outcome is AttemptOutcome.Succeeded);
            WriteServing(response, attempt, attempt?.ReplayedFrom?.Usage ?? response.Usage, isLast: true);
        }
        if (!response.Success)
            _lines.Add("no answer");
    }

    private void WriteServing(TrackedResponse response, Attempt? attempt, TokenUsage? usage, bool isLast)
    {
        if (attempt is not null && (attempt.Provider != response.Provider || attempt.RequestedModel != response.RequestedModel))
            _lines.Add($"by: {CassetteLines.Word($"{attempt.Provider}/{attempt.RequestedModel}")}");
        _lines.Add(
            $"model: {(attempt is null ? response.ServedModel : attempt.ServedModel) switch { { } model => CassetteLines.Word(model), null => "-" }}"
        );
        if (usage is not null)
            _lines.Add($"usage: {CassetteUsage.Write(usage)}");
        if (isLast && response.FinishReason is { } finish)
            _lines.Add($"finish: {CassetteLines.Word(finish)}");
    }

    private async Task WriteBytesAsync(ContentDigest digest, CancellationToken cancellationToken)
    {
        _lines.Add("");
        _lines.Add($"bytes {digest}");
        var bytes = await _storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false);
        foreach (var line in Convert.ToBase64String(bytes.Span).Chunk(Base64Length))
            _lines.Add(": " + new string(line));
    }

    private string Write(StoredMessage message, bool isAnswer)
    {
        if (!isAnswer && _written.TryGetValue(message.Digest, out var known))
            return known;
        var text = CassetteMessages.Write(message.Message, _ids, isAnswer);
        // One that names no tool call is the same with any numbers.
        if (!isAnswer && message.Json.Span.IndexOf("callId"u8) < 0 && message.Json.Span.IndexOf("requestId"u8) < 0)
            _written[message.Digest] = text;
        return text;
    }

    private static ContentDigest Next(ContentDigest hash, string message) => ContentDigest.Of(Encoding.UTF8.GetBytes($"{hash}\n{message}"));

    private static bool IsOfTools(JsonElement message) => message.TryGetProperty("role", out var role) && role.ValueEquals("tool"u8);

    private async Task<List<StoredMessage>> ReadMessagesAsync(IReadOnlyList<ContentDigest> digests, CancellationToken cancellationToken)
    {
        var missing = digests.Where(digest => !_read.ContainsKey(digest)).Distinct().ToList();
        foreach (var (digest, json) in missing.Zip(await _storage.ReadJsonAsync(missing, cancellationToken).ConfigureAwait(false)))
            _read[digest] = MessageEncoder.ToJson(json);
        var messages = new List<StoredMessage>(digests.Count);
        foreach (var digest in digests)
        {
            using var document = JsonDocument.Parse(_read[digest], RequestForm.Json);
            // Earlier versions kept an answer as a list of messages.
            if (document.RootElement.ValueKind is JsonValueKind.Array)
                messages.AddRange(
                    document.RootElement.EnumerateArray().Select(it => Stored(it.Clone(), Encoding.UTF8.GetBytes(it.GetRawText())))
                );
            else
                messages.Add(new(digest, document.RootElement.Clone(), _read[digest]));
        }
        return messages;

        static StoredMessage Stored(JsonElement message, byte[] json) => new(ContentDigest.Of(json), message, json);
    }

    private sealed record StoredMessage(ContentDigest Digest, JsonElement Message, ReadOnlyMemory<byte> Json)
    {
        public bool SaysNothing { get; } = RequestForm.OfMessages(Json)[0].SaysNothing;
    }
}
