using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A model answered, and the store could not keep the answer. The answer, which was paid for, is here.</summary>
public sealed class ResponseNotRecordedException : DossierException
{
    internal ResponseNotRecordedException(ChatResponse response, string responseId, Exception cause)
        : base(
            $"The answer of response {responseId} could not be recorded, and stays recorded as in progress: {cause.Message} The answer itself is in the Response property.",
            cause
        ) => (Response, ResponseId, IsTransient) = (response, responseId, cause is DossierException { IsTransient: true });

    /// <summary>What the model answered; for a stream, its updates put together.</summary>
    public ChatResponse Response { get; }

    /// <summary>The id of the response whose outcome is missing.</summary>
    public string ResponseId { get; }

    /// <inheritdoc/>
    public override bool IsTransient { get; }
}
