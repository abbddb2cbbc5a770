using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A model answered, and the store could not keep the answer. The answer, which was paid for, is here.</summary>
public sealed class ResponseNotRecordedException : DossierException
{
    internal ResponseNotRecordedException(ChatResponse response, string responseId, Exception cause)
        : base(
            $"The answer of response {responseId} could not be recorded{State(cause)}: {cause.Message} The answer itself is in the Response property.",
            cause
        ) => (Response, ResponseId, IsTransient) = (response, responseId, cause is DossierException { IsTransient: true });

    /// <summary>What the model answered; for a stream, its updates put together.</summary>
    public ChatResponse Response { get; }

    /// <summary>The id of the response whose outcome is missing, or is a failure where a redactor failed; when its session was erased or purged meanwhile, there is no such response any more.</summary>
    public string ResponseId { get; }

    /// <inheritdoc/>
    public override bool IsTransient { get; }

    private static string State(Exception cause) =>
        cause switch
        {
            NotFoundException or ConflictException { Guard: CommitGuards.SessionErased or CommitGuards.SessionCreatedAt } =>
                ", and nothing of the call is recorded any more",
            // What the call took is kept, see docs/redaction.md.
            RedactionException => ", and the call is recorded as failed, with what it took",
            _ => ", and stays recorded as in progress",
        };
}
