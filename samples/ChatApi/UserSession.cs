namespace Dossier.Samples.ChatApi;

/// <summary>
/// The session of the user who asks, open for the request: chats, tokens, cost and budget are the user's own. Requests of one user at once
/// each open it, in one process or in several.
/// </summary>
internal sealed record UserSession(Session Session)
{
    private const int MaxChatLength = 100;

    /// <summary>Stands for authentication: take the user from context.User, never from a header that anybody can send.</summary>
    public static string UserOf(HttpContext context)
    {
        var user = context.Request.Headers["X-User"].ToString();
        return user.Length is > 0 and <= 64 && user.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? user
            : throw new BadHttpRequestException(
                "The header X-User has to name the user: 1 to 64 characters of a to z, 0 to 9 and '-'.",
                user.Length == 0 ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest
            );
    }

    /// <summary>Opens the session before the handler runs, without blocking a thread. Only who says something gets one.</summary>
    public static async ValueTask<UserSession> BindAsync(HttpContext context)
    {
        var store = context.RequestServices.GetRequiredService<SessionStore>();
        var leaves = context.RequestAborted;
        var info = await FindAsync(store, leaves);
        if (info is null && !HttpMethods.IsGet(context.Request.Method))
        {
            await using (await store.OpenAsync(cancellationToken: leaves)) { }
            info = await FindAsync(store, leaves); // of two first requests at once, both take the session that came first
        }
        if (info is null)
            throw new BadHttpRequestException("You have not said anything yet.", StatusCodes.Status404NotFound);
        var session = await store.OpenAsync(new() { SessionId = info.Id, OpenMode = OpenMode.Open }, leaves);
        context.Response.RegisterForDisposeAsync(session); // behind the last event of a stream
        return new(session);
    }

    /// <summary>By its owner, and not by an id made of the user: that of a session that was erased is never given again.</summary>
    private static async Task<SessionInfo?> FindAsync(SessionStore store, CancellationToken leaves)
    {
        var active = new SessionQuery { Status = SessionStatus.Active, Order = SessionOrder.OldestFirst };
        return await store.ListSessionsAsync(active, leaves).FirstOrDefaultAsync(leaves);
    }

    public Conversation Chat(string name) =>
        name.Length <= MaxChatLength && !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl)
            ? Session.Conversation(name)
            : throw new BadHttpRequestException(
                $"The chat's name has to be 1 to {MaxChatLength} characters, without control characters and not all white space."
            );
}
