using Dossier.Storage;

namespace Dossier;

/// <summary>What of a session's conversations was said up to a point, with their heads as they were there.</summary>
/// <param name="records">The records.</param>
/// <param name="session">The session.</param>
/// <param name="cut">The point.</param>
/// <param name="responses">The ids of the responses up to there.</param>
internal sealed class ForkedConversations(IRecordStore records, SessionInfo session, ForkCut cut, IReadOnlySet<string> responses)
{
    private const int PageSize = 1000;

    public async Task<IReadOnlyList<ConversationCopy>> ReadAsync(CancellationToken cancellationToken)
    {
        var copies = new List<ConversationCopy>();
        var all = RecordPages.ReadAllAsync(next => records.QueryConversationsAsync(session.Id, PageSize, next, cancellationToken));
        await foreach (var info in all.ConfigureAwait(false))
            if (Cut(info, await ReadRunsAsync(info.Name, cancellationToken).ConfigureAwait(false)) is { Runs.Count: > 0 } copy)
                copies.Add(copy);
        return copies;
    }

    private async Task<List<List<MessageRecord>>> ReadRunsAsync(string conversation, CancellationToken cancellationToken)
    {
        var runs = new List<List<MessageRecord>>();
        var branches = RecordPages.ReadAllAsync(next =>
            records.QueryBranchesAsync(session.Id, conversation, PageSize, next, cancellationToken)
        );
        await foreach (var branch in branches.ConfigureAwait(false))
        {
            var query = new MessageQuery
            {
                Leaf = branch.Leaf,
                FromDepth = branch.FirstDepth,
                PageSize = PageSize,
            };
            var messages = RecordPages.ReadAllAsync(next =>
                records.QueryMessagesAsync(session.Id, conversation, query, next, cancellationToken)
            );
            runs.Add(await messages.ToListAsync(cancellationToken).ConfigureAwait(false));
        }
        return runs;
    }

    private ConversationCopy Cut(ConversationInfo info, List<List<MessageRecord>> runs)
    {
        if (cut == ForkCut.Now)
            return new(info, runs);
        var counts = new int[runs.Count];
        // What a message follows was said before it, whatever the clocks of two processes say.
        for (var i = runs.Count - 1; i >= 0; i--)
        {
            counts[i] = Math.Max(counts[i], 1 + runs[i].FindLastIndex(IsBefore));
            if (counts[i] > 0 && runs[i][0].Parent is { } parent)
            {
                var before = runs.FindIndex(run => run[0].Id.Run == parent.Run);
                counts[before] = Math.Max(counts[before], 1 + parent.Depth - runs[before][0].Id.Depth);
            }
        }
        var kept = runs.Zip(counts, (run, count) => run.GetRange(0, count)).Where(run => run.Count > 0).ToList();
        return kept.Count == 0 ? new(info, []) : new(HeadOf(info, kept), kept);
    }

    private bool IsBefore(MessageRecord message) =>
        message.ResponseId is { } response ? responses.Contains(response) : message.CreatedAt < cut.Time;

    /// <summary>Nobody has kept where the head was. It was at the last message, unless it was moved without a word.</summary>
    private ConversationInfo HeadOf(ConversationInfo info, List<List<MessageRecord>> runs)
    {
        if (info.UpdatedAt < cut.Time)
            return info;
        var messages = runs.SelectMany(run => run).ToList();
        var own = messages.FindLast(message => cut.ResponseId is not null && message.ResponseId == cut.ResponseId);
        var last = own ?? messages.OrderBy(message => message.CreatedAt).ThenBy(message => message.Id.Run).Last();
        return info with { Head = last.Id, UpdatedAt = last.CreatedAt };
    }
}
