using Dossier;
using Microsoft.Extensions.AI;

await using var session = await TeamSession.OpenAsync(new() { Name = "Derived session", Model = "local/extractive" });

var text = "Dossier keeps the record of a workflow. The record has prompts and answers. The record has prices, too. Cats sleep a lot.";
var answer = await session.GetChatClient().GetResponseAsync(text);
var stored = await session.StoreArtifactAsync("summary", answer.Text);

Console.WriteLine(answer.Text);
Console.WriteLine($"{stored} by {stored.Metadata["team"]}, {session.Calls} call");

/// <summary>A session that counts calls, keeps answers short, and marks every artifact with the team it belongs to.</summary>
internal sealed class TeamSession(SessionContext context) : Session(context)
{
    private int _calls;

    public int Calls => _calls;

    protected override IChatClient CreateChatClient(ModelReference model) =>
        base.CreateChatClient(model)
            .AsBuilder()
            .ConfigureOptions(options => options.Instructions = "Summarise this in 1 sentence.")
            .Use(
                async (messages, options, next, cancellationToken) =>
                {
                    Interlocked.Increment(ref _calls);
                    await next(messages, options, cancellationToken);
                }
            )
            .Build();

    protected override Task<Artifact> StoreArtifactCoreAsync(ArtifactDraft draft, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, object?>(draft.Metadata ?? new Dictionary<string, object?>()) { ["team"] = "editorial" };
        return base.StoreArtifactCoreAsync(draft with { Metadata = metadata }, cancellationToken);
    }
}
