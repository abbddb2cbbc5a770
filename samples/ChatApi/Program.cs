using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Dossier;
using Dossier.Samples.ChatApi;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.AI;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddHttpContextAccessor();
builder
    .Services.AddDossier()
    .Configure(options => options.Providers["offline"] = new() { Implementation = new OfflineProvider() })
    // The store of a request sees the sessions of its user and nothing else, whatever id a handler asks for.
    .UseOwner(services =>
        services.GetRequiredService<IHttpContextAccessor>().HttpContext is { } context ? UserSession.UserOf(context) : null
    );
builder.Services.AddProblemDetails().AddExceptionHandler<Problems>();
var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();

var orders = new ChatOptions { Tools = [AIFunctionFactory.Create(OrderStatus, "order_status", "Where an order is, by its number.")] };

// The answer of the model, which calls the tool when it likes; the turn is kept, or nothing of it.
app.MapPost(
    "/chats/{chat}/messages",
    async (string chat, Question question, UserSession user, CancellationToken leaves) =>
        new Answer((await user.Chat(chat).SendAsync(question.CheckedText, orders, leaves)).Text)
);

// The same piece by piece, as server-sent events: any number of `piece`, then `done` or `problem`.
app.MapPost(
    "/chats/{chat}/messages/stream",
    (string chat, Question question, UserSession user, CancellationToken leaves) =>
        TypedResults.ServerSentEvents(StreamAsync(user.Chat(chat).SendStreamingAsync(question.CheckedText, orders, leaves), leaves))
);

app.MapGet(
    "/chats/{chat}",
    async (string chat, UserSession user, CancellationToken leaves, int last = 50) =>
        await user.Chat(chat).ReadTailAsync(Math.Clamp(last, 1, 500), leaves) is { Count: > 0 } messages
            ? Results.Ok(messages.Select(Said.Of))
            : Results.Problem($"There is no chat '{chat}'.", statusCode: StatusCodes.Status404NotFound)
);

app.MapGet("/sessions", (SessionStore store) => store.ListSessionsAsync().Select(session => session.Id));

app.MapGet(
    "/sessions/{id}",
    async (string id, SessionStore store, CancellationToken leaves) =>
    {
        await using var session = await store.OpenAsync(new() { SessionId = id, OpenMode = OpenMode.Open }, leaves);
        return await session.GetSummaryAsync(leaves);
    }
);

app.MapGet("/summary", async (UserSession user, CancellationToken leaves) => await user.Session.GetSummaryAsync(leaves));

await app.RunAsync();

static string OrderStatus(int order) => $"Order {order} left the warehouse on 2 March.";

static async IAsyncEnumerable<SseItem<object>> StreamAsync(
    IAsyncEnumerable<ChatResponseUpdate> answer,
    [EnumeratorCancellation] CancellationToken leaves
)
{
    var seen = new List<ChatResponseUpdate>();
    await using var updates = answer.GetAsyncEnumerator(leaves);
    while (true)
    {
        ProblemDetails? problem = null;
        try
        {
            if (!await updates.MoveNextAsync())
                break;
        }
        // Before the first piece the status says it.
        catch (DossierException exception) when (seen.Count > 0 && Problems.Of(exception) is { } known)
        {
            problem = known;
        }
        if (problem is not null)
        {
            yield return new(problem, "problem");
            yield break;
        }
        seen.Add(updates.Current);
        if (updates.Current.Text is { Length: > 0 } text)
            yield return new(new Answer(text), "piece");
    }
    yield return new(new Answer(seen.ToChatResponse().Text), "done");
}
