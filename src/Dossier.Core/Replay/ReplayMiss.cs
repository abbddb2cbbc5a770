using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier;

/// <summary>
/// Explains why a request is not answered: finds the recorded request that is nearest to it, and what is different first. It reads the recorded
/// session again, since nothing of its texts is kept in memory.
/// </summary>
internal sealed class ReplayMiss(ReplaySource source, StoreServices services, LiveRequest request)
{
    // How many that are equally near by their messages are compared text by text.
    private const int MostCompared = 200;

    public async ValueTask<ReplayMissException> ExplainAsync(CancellationToken cancellationToken)
    {
        var (reason, same) = source.WhyUnanswered(request);
        var start = $"{source.Subject} has no answer to this request of {request.Model}. {reason}";
        if (same is not null)
            return Of($"{start} ({source.NameOf(same)})", same, null);
        if (await FindNearestAsync(cancellationToken).ConfigureAwait(false) is not { } nearest)
            return Of($"{start}, nor is any other", null, null);
        var origin = new ReplayOrigin(source.SessionId, nearest.Response.Id, nearest.ModelCall);
        var difference = await CompareAsync(nearest, cancellationToken).ConfigureAwait(false);
        return Of($"{start}; the nearest request is that of {source.NameOf(origin)}", origin, difference);

        ReplayMissException Of(string text, ReplayOrigin? near, RequestDifference? difference) =>
            new(source.SessionId, request.Model, text, near, difference, isCassette: source.Cassette is not null);
    }

    private async ValueTask<RecordedCall?> FindNearestAsync(CancellationToken cancellationToken)
    {
        var nearest = new List<RecordedCall>();
        var rank = default((int, int, int, int));
        var calls = new RecordedCalls(source.Storage, source.SessionId).ReadAsync(cancellationToken);
        await foreach (var call in calls.ConfigureAwait(false))
        {
            if (call.Response.Operation != request.Operation || !(request.IsWhole ? call.IsWhole : call.IsCall))
                continue;
            var own = RankOf(call);
            var order = nearest.Count == 0 ? 1 : own.CompareTo(rank);
            if (order < 0)
                continue;
            if (order > 0)
            {
                nearest.Clear();
                rank = own;
            }
            if (nearest.Count < MostCompared)
                nearest.Add(call);
        }
        return nearest.Count <= 1 ? nearest.FirstOrDefault() : await MostAlikeAsync(nearest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same step and model, then the most messages in common, the same options, and as many messages.</summary>
    private (int StepAndModel, int Messages, int Options, int Count) RankOf(RecordedCall call) =>
        (
            (call.Model == request.Model ? 2 : 0) + (call.Response.StepKey == request.StepKey ? 1 : 0),
            CommonLines(call),
            call.Options == request.Options ? 1 : 0,
            -Math.Abs(call.Lines.Count - request.Lines.Count)
        );

    private int CommonLines(RecordedCall call)
    {
        var count = 0;
        while (count < Math.Min(call.Lines.Count, request.Lines.Count) && call.Lines[count] == request.Lines[count])
            count++;
        return count;
    }

    /// <summary>Of requests that differ in the same message, the one whose message begins and ends most like the one that is sent.</summary>
    private async ValueTask<RecordedCall> MostAlikeAsync(List<RecordedCall> calls, CancellationToken cancellationToken)
    {
        var at = CommonLines(calls[0]);
        if (at >= request.Lines.Count)
            return calls[0];
        var sent = TextOf(SentMessages()[at]);
        var (best, most) = (calls[0], -1);
        foreach (var call in calls)
        {
            var messages = await MessagesOfAsync(call, cancellationToken).ConfigureAwait(false);
            if (at >= messages.Count)
                continue;
            var recorded = TextOf(messages[at]);
            var common = recorded.AsSpan().CommonPrefixLength(sent);
            while (common < Math.Min(recorded.Length, sent.Length) && recorded[^(common + 1)] == sent[^(common + 1)])
                common++;
            if (common > most)
                (best, most) = (call, common);
        }
        return best;
    }

    private async ValueTask<RequestDifference?> CompareAsync(RecordedCall call, CancellationToken cancellationToken)
    {
        if (call.Model != request.Model)
            return new("model", call.Model, request.Model);
        var recorded = call.Response.RequestOptions is { } digest
            ? RequestForm.OptionsOf(await source.Storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false), call.ModelCall > 1)
            : [];
        var options = request.Options is null ? [] : RequestForm.OptionsOf(request.EncodeOptions(), isFollowUp: false);
        foreach (var name in recorded.Select(it => it.Name).Union(options.Select(it => it.Name)).Order(StringComparer.Ordinal))
        {
            var place = name.StartsWith("tool '", StringComparison.Ordinal) ? name : $"option {name}";
            var (expected, actual) = (ValueOf(recorded, name), ValueOf(options, name));
            if (!string.Equals(expected, actual, StringComparison.Ordinal))
                return Difference(place, expected, actual);
        }
        var (before, now) = (await MessagesOfAsync(call, cancellationToken).ConfigureAwait(false), SentMessages());
        for (var i = 0; i < Math.Max(before.Count, now.Count); i++)
            if (Compare($"message {i + 1}", PartsAt(before, i), PartsAt(now, i)) is { } difference)
                return difference;
        // What is left are calls and results of tools that belong together in another way.
        return new("tool calls", "results in another order", "results in this order");
    }

    private RequestDifference? Compare(string place, List<string>? expected, List<string>? actual)
    {
        if (expected is null || actual is null)
            return Difference(place, expected?.ElementAtOrDefault(1) ?? expected?[0], actual?.ElementAtOrDefault(1) ?? actual?[0]);
        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            var (left, right) = (expected.ElementAtOrDefault(i), actual.ElementAtOrDefault(i));
            if (!string.Equals(left, right, StringComparison.Ordinal))
                return Difference(i == 0 ? $"{place}, role" : $"{place}, content {i}", left, right);
        }
        return null;
    }

    private RequestDifference Difference(string place, string? expected, string? actual)
    {
        if (expected is null || actual is null)
            return new(place, Excerpt(expected, 0), Excerpt(actual, 0));
        var at = expected.AsSpan().CommonPrefixLength(actual);
        return new($"{place}, character {at + 1}", Excerpt(expected, at), Excerpt(actual, at));
    }

    private string? Excerpt(string? text, int at)
    {
        const int Before = 20;
        const int Length = 80;
        if (text is null)
            return null;
        var start = Math.Max(0, at - Before);
        var end = Math.Min(text.Length, start + Length);
        return services.Masker.Apply($"{(start > 0 ? "…" : "")}{text[start..end]}{(end < text.Length ? "…" : "")}");
    }

    private static string? ValueOf(IReadOnlyList<(string Name, ReadOnlyMemory<byte> Value)> options, string name)
    {
        foreach (var (own, value) in options)
            if (string.Equals(own, name, StringComparison.Ordinal))
                return Encoding.UTF8.GetString(value.Span);
        return null;
    }

    private static List<string>? PartsAt(List<List<string>> messages, int index) => index < messages.Count ? messages[index] : null;

    private static string TextOf(List<string> parts) => string.Join('\n', parts);

    private List<List<string>> SentMessages() => [.. request.EncodeMessages().SelectMany(PartsOf)];

    /// <summary>What a recorded call was sent, with the answers and results before it.</summary>
    private async ValueTask<List<List<string>>> MessagesOfAsync(RecordedCall call, CancellationToken cancellationToken)
    {
        var messages = new List<List<string>>();
        var contents = call.ModelCall > 1 ? call.Messages.Concat(call.Response.ResponseMessages) : call.Messages;
        foreach (var digest in contents)
            messages.AddRange(PartsOf(await source.Storage.ReadAsync(digest, cancellationToken).ConfigureAwait(false)));
        return messages.GetRange(0, Math.Min(messages.Count, call.Lines.Count));
    }

    private static List<List<string>> PartsOf(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(MessageEncoder.ToJson(json), RequestForm.Json);
        return document.RootElement.ValueKind is JsonValueKind.Array
            ? [.. document.RootElement.EnumerateArray().Select(PartsOf).OfType<List<string>>()]
            : [.. new[] { PartsOf(document.RootElement) }.OfType<List<string>>()];
    }

    /// <summary>The parts of a message as a person reads them: of a text, the text. Null when it does not count.</summary>
    private static List<string>? PartsOf(JsonElement message)
    {
        var canonical = RequestForm.PartsOf(message, []);
        if (RequestForm.SaysNothing(message, canonical))
            return null;
        var parts = canonical.Select(part => Encoding.UTF8.GetString(part.Span)).ToList();
        for (var i = 1; i < parts.Count; i++)
        {
            using var part = JsonDocument.Parse(parts[i], RequestForm.Json);
            if (part.RootElement.TryGetProperty("$type", out var type) && type.ValueEquals("text"u8))
                parts[i] = part.RootElement.GetProperty("text").GetString()!;
        }
        return parts;
    }
}
