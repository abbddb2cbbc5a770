using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Dossier.Samples.ChatApi;

/// <summary>Says what went wrong as problem details (RFC 9457). What is not known here is logged, and stays a 500 without details.</summary>
internal sealed class Problems(IProblemDetailsService service) : IExceptionHandler
{
    public static ProblemDetails? Of(Exception exception) =>
        exception switch
        {
            BadHttpRequestException wrong => New(wrong.StatusCode, wrong.Message),
            // The question was answered and paid for, but the chat went on without it: the caller shows the answer, or asks again.
            ConversationConflictException conflict => New(
                StatusCodes.Status409Conflict,
                "Another request continued this chat meanwhile.",
                ("answer", conflict.Response?.Text),
                ("branch", conflict.Leaf.ToString())
            ),
            BudgetExceededException spent => New(
                StatusCodes.Status402PaymentRequired,
                "Your budget does not allow this call.",
                ("limit", spent.Limit)
            ),
            NotFoundException => New(StatusCodes.Status404NotFound, "You have no such session, or have not said anything yet."),
            ProviderException { Failure: { IsTransient: true } failure } => New(
                StatusCodes.Status503ServiceUnavailable,
                "The model is not available at the moment.",
                ("kind", failure.Kind.ToString()),
                ("retryAfter", failure.RetryAfter?.TotalSeconds)
            ),
            ProviderException { Failure: var failure } => New(
                StatusCodes.Status502BadGateway,
                "The model could not answer.",
                ("kind", failure.Kind.ToString())
            ),
            _ => null,
        };

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (Of(exception) is not { } problem)
            return false;
        context.Response.StatusCode = problem.Status!.Value;
        if (exception is ProviderException { Failure: { IsTransient: true, RetryAfter: { } wait } })
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return await service.TryWriteAsync(
            new()
            {
                HttpContext = context,
                ProblemDetails = problem,
                Exception = exception,
            }
        );
    }

    private static ProblemDetails New(int status, string detail, params ReadOnlySpan<(string Name, object? Value)> more)
    {
        var problem = new ProblemDetails { Status = status, Detail = detail };
        foreach (var (name, value) in more)
            problem.Extensions[name] = value;
        return problem;
    }
}
