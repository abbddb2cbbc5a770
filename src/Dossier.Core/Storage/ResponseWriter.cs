using System.Text.Json;

namespace Dossier.Storage;

/// <summary>
/// Writes a response in its stored form, which <see cref="ResponseShape"/> reads. By hand, because every call waits for it twice: for that of
/// its intent and for that of its outcome.
/// </summary>
/// <param name="json">Where it goes.</param>
internal readonly struct ResponseWriter(Utf8JsonWriter json)
{
    /// <summary>Writes it. First comes what the calls of a session to one model have in common.</summary>
    /// <param name="record">The response.</param>
    /// <param name="isBody">Whether it is what a table keeps beside its columns: without <see cref="ResponseColumns"/>.</param>
    /// <returns>How many bytes that beginning has; behind them comes a comma or the end of the object.</returns>
    public int Write(TrackedResponse record, bool isBody)
    {
        json.WriteStartObject();
        if (!isBody)
            WriteColumns(record);
        if (record.Operation is not ResponseOperation.Chat)
            json.WriteString("operation"u8, EnumNames<ResponseOperation>.Of(record.Operation));
        Write("provider"u8, record.Provider);
        Write("requestedModel"u8, record.RequestedModel);
        Write("servedModel"u8, record.ServedModel);
        if (record.Streaming)
            json.WriteBoolean("streaming"u8, true);
        Write("dimensions"u8, record.Dimensions);
        Write("finishReason"u8, record.FinishReason);
        Write("applicationVersion"u8, record.ApplicationVersion);
        if (record.Capture is not Capture.Full)
            json.WriteString("capture"u8, EnumNames<Capture>.Of(record.Capture));
        WritePrice(record.Cost);
        var isAsResponse = IsAsResponse(record);
        if (isAsResponse)
        {
            json.WriteStartArray("attempts"u8);
            json.WriteEndArray();
        }
        if (record.Conversation is { } conversation)
        {
            json.WriteStartObject("conversation"u8);
            Write("name"u8, conversation.Name);
            json.WriteEndObject();
        }
        var common = (int)(json.BytesCommitted + json.BytesPending);

        Write("usage"u8, record.Usage);
        if (record.Cost is { } cost)
            json.WriteNumber("cost"u8, cost.Amount);
        Write("duration"u8, record.Duration);
        Write("timeToFirstToken"u8, record.TimeToFirstToken);
        Write("process"u8, record.Process);
        Write("traceId"u8, record.TraceId);
        Write("spanId"u8, record.SpanId);
        Write("error"u8, record.Error);
        if (!isAsResponse)
            WriteAttempts(record);
        Write("toolCalls"u8, record.ToolCalls);
        WriteHistory(record.Conversation);
        Write("requestMessages"u8, record.RequestMessages);
        Write("requestOptions"u8, record.RequestOptions);
        if (record.ResponseMessages.Count > 0)
        {
            json.WritePropertyName("responseMessages"u8);
            DigestsConverter.Write(json, record.ResponseMessages);
        }
        Write("inputArtifacts"u8, record.InputArtifacts);
        Write("outputArtifacts"u8, record.OutputArtifacts);
        Write("stepAttempt"u8, record.StepAttempt);
        Write("inheritedFrom"u8, record.InheritedFrom?.SessionId);
        Write("redactions"u8, record.Redactions);
        if (record.Metadata.Count > 0)
        {
            json.WritePropertyName("metadata"u8);
            JsonSerializer.Serialize(json, record.Metadata, RecordJson.Shapes.IReadOnlyDictionaryStringObject);
        }
        json.WriteEndObject();
        return common;
    }

    private void WriteColumns(TrackedResponse record)
    {
        Write("id"u8, record.Id is "" ? null : record.Id);
        Write("sessionId"u8, record.SessionId is "" ? null : record.SessionId);
        Write("key"u8, record.Key);
        Write("sequence"u8, record.Sequence);
        if (record.Outcome is not ResponseOutcome.Succeeded)
            json.WriteString("outcome"u8, EnumNames<ResponseOutcome>.Of(record.Outcome));
        Write("startedAt"u8, record.StartedAt);
        Write("textDigest"u8, record.TextDigest);
        Write("stepKey"u8, record.StepKey);
    }

    /// <summary>Where the response's cost came from; its amount is another for each call.</summary>
    private void WritePrice(Cost? cost)
    {
        if (cost is null)
            return;
        Write("currency"u8, cost.Currency is "USD" ? null : cost.Currency);
        json.WritePropertyName("priceSource"u8);
        JsonSerializer.Serialize(json, cost.PriceSource, RecordJson.Shapes.FactSource);
    }

    private void WriteAttempts(TrackedResponse record)
    {
        if (record.Attempts.Count == 0)
            return;
        json.WriteStartArray("attempts"u8);
        for (var i = 0; i < record.Attempts.Count; i++)
            WriteAttempt(record.Attempts[i], record);
        json.WriteEndArray();
    }

    /// <summary>An attempt that says nothing else than the response is left out: the list is then empty. None at all is no list.</summary>
    private static bool IsAsResponse(TrackedResponse record) =>
        record.Attempts is [var only]
        && only
            is {
                Number: 1,
                ModelCall: 1,
                Reason: AttemptReason.First,
                Cause: null,
                Wait.Ticks: 0,
                OutputCap: null,
                UnsentOptions.Count: 0,
                ReplayedFrom: null
            }
        && only.Provider == record.Provider
        && only.RequestedModel == record.RequestedModel
        && only.ServedModel == record.ServedModel
        && only.StartedAt == record.StartedAt
        && only.Duration == record.Duration
        && only.TimeToFirstToken == record.TimeToFirstToken
        && only.Outcome == record.Outcome.ToAttemptOutcome()
        && only.Error == record.Error
        && only.Usage == record.Usage
        && only.Cost == record.Cost;

    /// <summary>What is as the response has it is left out.</summary>
    private void WriteAttempt(Attempt attempt, TrackedResponse response)
    {
        json.WriteStartObject();
        Write("modelCall"u8, (long)(attempt.ModelCall == 1 ? 0 : attempt.ModelCall));
        if (attempt.Reason is not AttemptReason.First)
            json.WriteString("reason"u8, EnumNames<AttemptReason>.Of(attempt.Reason));
        Write("cause"u8, attempt.Cause);
        Write("provider"u8, attempt.Provider == response.Provider ? null : attempt.Provider);
        Write("requestedModel"u8, attempt.RequestedModel == response.RequestedModel ? null : attempt.RequestedModel);
        Write("servedModel"u8, attempt.ServedModel);
        if (attempt.Wait > TimeSpan.Zero)
            Write("wait"u8, attempt.Wait);
        if (attempt.StartedAt != response.StartedAt)
            Write("startedAt"u8, attempt.StartedAt);
        Write("duration"u8, attempt.Duration);
        Write("timeToFirstToken"u8, attempt.TimeToFirstToken);
        if (attempt.Outcome is not AttemptOutcome.Succeeded)
            json.WriteString("outcome"u8, EnumNames<AttemptOutcome>.Of(attempt.Outcome));
        Write("error"u8, attempt.Error);
        Write("usage"u8, attempt.Usage);
        WriteCost(attempt.Cost, response.Cost);
        Write("outputCap"u8, attempt.OutputCap);
        Write("unsentOptions"u8, attempt.UnsentOptions);
        if (attempt.ReplayedFrom is { } origin)
        {
            json.WritePropertyName("replayedFrom"u8);
            JsonSerializer.Serialize(json, origin, RecordJson.Shapes.ReplayOrigin);
        }
        json.WriteEndObject();
    }

    private void Write(ReadOnlySpan<byte> name, IReadOnlyList<ToolCall> calls)
    {
        if (calls.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var call in calls)
        {
            json.WriteStartObject();
            Write("modelCall"u8, (long)call.ModelCall);
            Write("callId"u8, call.CallId);
            Write("name"u8, call.Name);
            Write("startedAt"u8, call.StartedAt);
            Write("duration"u8, call.Duration);
            if (call.Outcome is not ToolCallOutcome.Succeeded)
                json.WriteString("outcome"u8, EnumNames<ToolCallOutcome>.Of(call.Outcome));
            Write("error"u8, call.Error);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteHistory(ResponseConversation? conversation)
    {
        if (conversation?.ContinuedFrom is { } message)
            json.WriteString("continuedFrom"u8, message.ToString());
        if (conversation?.Sent is not { } sent)
            return;
        json.WritePropertyName("sent"u8);
        JsonSerializer.Serialize(json, sent, RecordJson.Shapes.IReadOnlyListHistoryPart);
    }

    private void Write(ReadOnlySpan<byte> name, TokenUsage? usage)
    {
        if (usage is null)
            return;
        json.WritePropertyName(name);
        UsageConverter.WriteCounts(json, usage);
    }

    /// <summary>Of a cost that came from the price of the response's, the amount.</summary>
    private void WriteCost(Cost? cost, Cost? response)
    {
        if (cost is null)
            return;
        if (cost.Currency == response?.Currency && cost.PriceSource == response.PriceSource)
        {
            json.WriteNumber("cost"u8, cost.Amount);
            return;
        }
        json.WriteStartObject("cost"u8);
        json.WriteNumber("amount"u8, cost.Amount);
        WritePrice(cost);
        json.WriteEndObject();
    }

    private void Write(ReadOnlySpan<byte> name, IReadOnlyList<Redaction> redactions)
    {
        if (redactions.Count == 0)
            return;
        json.WritePropertyName(name);
        JsonSerializer.Serialize(json, redactions, RecordJson.Shapes.IReadOnlyListRedaction);
    }

    private void Write(ReadOnlySpan<byte> name, ResponseError? error)
    {
        if (error is null)
            return;
        json.WritePropertyName(name);
        JsonSerializer.Serialize(json, error, RecordJson.Shapes.ResponseError);
    }

    private void Write(ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
            json.WriteString(name, text);
    }

    private void Write(ReadOnlySpan<byte> name, long number)
    {
        if (number != 0)
            json.WriteNumber(name, number);
    }

    private void Write(ReadOnlySpan<byte> name, int? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
    }

    private void Write(ReadOnlySpan<byte> name, DateTimeOffset time)
    {
        if (time != default)
            json.WriteString(name, time);
    }

    private void Write(ReadOnlySpan<byte> name, TimeSpan? time)
    {
        if (time is { } span)
            json.WriteNumber(name, span.Ticks);
    }

    private void Write(ReadOnlySpan<byte> name, ContentDigest? digest)
    {
        if (digest is not { } value)
            return;
        json.WritePropertyName(name);
        DigestConverter.Write(json, value);
    }

    private void Write(ReadOnlySpan<byte> name, IReadOnlyList<ContentDigest> digests)
    {
        if (digests.Count == 0)
            return;
        json.WriteStartArray(name);
        for (var i = 0; i < digests.Count; i++)
            DigestConverter.Write(json, digests[i]);
        json.WriteEndArray();
    }

    private void Write(ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            return;
        json.WriteStartArray(name);
        for (var i = 0; i < texts.Count; i++)
            json.WriteStringValue(texts[i]);
        json.WriteEndArray();
    }
}

/// <summary>The members of an enumeration as JSON has them.</summary>
internal static class EnumNames<T>
    where T : struct, Enum
{
    private static readonly Dictionary<T, JsonEncodedText> s_names = Enum.GetValues<T>()
        .ToDictionary(value => value, value => JsonEncodedText.Encode(JsonNamingPolicy.CamelCase.ConvertName(value.ToString())));

    public static JsonEncodedText Of(T value) => s_names[value];
}
