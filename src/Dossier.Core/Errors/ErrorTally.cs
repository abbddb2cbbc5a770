using Dossier.Storage;

namespace Dossier;

/// <summary>Collects the failures of a session, response by response and step by step.</summary>
internal sealed class ErrorTally
{
    private readonly Dictionary<Key, Group> _groups = [];
    private readonly AttemptTally _wasted = new();
    private int _responses;
    private int _recovered;
    private int _lost;

    /// <summary>What is inherited went wrong elsewhere.</summary>
    public void Add(TrackedResponse response)
    {
        if (response.InheritedFrom is not null)
            return;
        _responses++;
        var isLost = response.Outcome is ResponseOutcome.Failed or ResponseOutcome.Interrupted;
        var hasFailures = false;
        var attempts = response.Attempts;
        for (var i = 0; i < attempts.Count; i++)
        {
            if (isLost && attempts[i].Outcome is not AttemptOutcome.Skipped || attempts[i].HasFailed)
                _wasted.Add(attempts[i], isOfModel: true);
            if (!attempts[i].HasFailed)
                continue;
            hasFailures = true;
            var failed = attempts[i];
            var next = attempts.Skip(i + 1).FirstOrDefault(later => later.Outcome is not AttemptOutcome.Skipped);
            var group = GroupOf(FailureSource.Model, failed.Error, $"{failed.Provider}/{failed.RequestedModel}", response.StepKey);
            group.Add(failed.StartedAt, failed.Error, response.Id, isLost);
            group.Wasted.Add(failed, isOfModel: true);
            if (next?.ModelCall == failed.ModelCall)
                group.Follows(next.Reason);
        }
        foreach (var tool in response.ToolCalls)
        {
            if (!HasFailed(tool))
                continue;
            hasFailures = true;
            GroupOf(FailureSource.Tool, tool.Error, tool.Name, response.StepKey).Add(tool.StartedAt, tool.Error, response.Id, isLost);
        }
        if (isLost && !IsTold(response))
        {
            var subject = response.Key ?? (response.Provider is { } provider ? $"{provider}/{response.RequestedModel}" : "response");
            GroupOf(FailureSource.Response, response.Error, subject, response.StepKey)
                .Add(response.StartedAt, response.Error, response.Id, isLost);
            if (attempts.Count == 0)
                foreach (var only in ResponseTotals.AttemptsOf(response))
                    _wasted.Add(only, isOfModel: only.Provider.Length > 0);
        }
        if (isLost)
            _lost++;
        else if (hasFailures && response.Success)
            _recovered++;
    }

    public void Add(StepRecord step)
    {
        foreach (var attempt in step.InheritedFrom is null ? step.Attempts : [])
            if (attempt.Outcome is StepOutcome.Failed or StepOutcome.Lost)
                GroupOf(FailureSource.Step, attempt.Error, step.Name, step.ParentKey)
                    .Add(attempt.StartedAt, attempt.Error, responseId: null, isLost: false);
    }

    /// <summary>The report; steps are given by their names.</summary>
    public ErrorReport ToReport(string sessionId, IReadOnlyDictionary<ContentDigest, string> steps) =>
        new()
        {
            SessionId = sessionId,
            Responses = _responses,
            Recovered = _recovered,
            Lost = _lost,
            Wasted = _wasted.OfAttempts(),
            // Steps of one name and other inputs are one step to whoever reads this.
            Groups =
            [
                .. _groups
                    .GroupBy(pair => (pair.Key.Source, pair.Key.Kind, pair.Key.Type, pair.Key.Subject, Step: NameOf(pair.Key.Step, steps)))
                    .Select(same =>
                        Group.ToRecord(
                            same.Key.Source,
                            same.Key.Kind,
                            same.Key.Type,
                            same.Key.Subject,
                            same.Key.Step,
                            [.. same.Select(pair => pair.Value)]
                        )
                    )
                    .OrderByDescending(group => group.Count)
                    .ThenBy(group => group.FirstSeen)
                    .ThenBy(group => group.Subject, StringComparer.Ordinal),
            ],
        };

    /// <summary>Whether what a response was lost to is the failure of one of its attempts or tools.</summary>
    private static bool IsTold(TrackedResponse response)
    {
        return response.Attempts.Any(attempt => attempt.HasFailed && IsSame(attempt.Error))
            || response.ToolCalls.Any(tool => HasFailed(tool) && IsSame(tool.Error));

        // What a tool threw is of no kind where the same counts as a vendor's.
        bool IsSame(ResponseError? error) =>
            response.Error is not { } lost
            || KindOf(lost) == KindOf(error)
            || error is not null && (error.Type, error.Message) == (lost.Type, lost.Message);
    }

    private static bool HasFailed(ToolCall tool) =>
        tool.Outcome is ToolCallOutcome.Failed or ToolCallOutcome.NotInvoked or ToolCallOutcome.Interrupted;

    /// <summary>The kind of a failure, and the exception's type where the kind does not say more.</summary>
    private static (ProviderErrorKind Kind, string? Type) KindOf(ResponseError? error)
    {
        var kind = error?.Kind ?? ProviderErrorKind.Unknown;
        return (kind, kind is ProviderErrorKind.Unknown && error is { Type.Length: > 0 } ? error.Type : null);
    }

    private static string? NameOf(ContentDigest? step, IReadOnlyDictionary<ContentDigest, string> steps) =>
        step is { } key ? steps.GetValueOrDefault(key) ?? key.ToString() : null;

    private Group GroupOf(FailureSource source, ResponseError? error, string subject, ContentDigest? step)
    {
        var (kind, type) = KindOf(error);
        var key = new Key(source, kind, type, subject, step);
        if (!_groups.TryGetValue(key, out var group))
            _groups.Add(key, group = new());
        return group;
    }

    private readonly record struct Key(FailureSource Source, ProviderErrorKind Kind, string? Type, string Subject, ContentDigest? Step);

    private sealed class Group
    {
        private int _count;
        private int _retried;
        private int _fellBack;
        private int _lost;
        private DateTimeOffset _first = DateTimeOffset.MaxValue;
        private DateTimeOffset _last = DateTimeOffset.MinValue;
        private string _message = "";
        private string? _responseId;

        public AttemptTally Wasted { get; } = new();

        public void Add(DateTimeOffset at, ResponseError? error, string? responseId, bool isLost)
        {
            _count++;
            if (isLost)
                _lost++;
            if (at < _first)
                _first = at;
            if (at >= _last)
                (_last, _message, _responseId) = (at, error?.Message ?? "It did not say why.", responseId);
        }

        public void Follows(AttemptReason reason)
        {
            if (reason is AttemptReason.Retry)
                _retried++;
            else if (reason is AttemptReason.Fallback)
                _fellBack++;
        }

        public static FailureGroup ToRecord(
            FailureSource source,
            ProviderErrorKind kind,
            string? type,
            string subject,
            string? step,
            List<Group> groups
        )
        {
            var latest = groups.MaxBy(group => group._last)!;
            return new()
            {
                Source = source,
                Kind = kind,
                Type = type,
                Subject = subject,
                Step = step,
                Count = groups.Sum(group => group._count),
                Retried = groups.Sum(group => group._retried),
                FellBack = groups.Sum(group => group._fellBack),
                Lost = groups.Sum(group => group._lost),
                FirstSeen = groups.Min(group => group._first),
                LastSeen = latest._last,
                Wasted = AttemptTally.Sum(groups.Select(group => group.Wasted)).OfAttempts(),
                Message = latest._message,
                ResponseId = latest._responseId,
            };
        }
    }
}
