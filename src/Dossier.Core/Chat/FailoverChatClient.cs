using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>
/// Asks a model, and when it cannot answer the next one, as long as the caller has seen nothing: of a stream, up to its first content. Models
/// that do not meet the call's requirements are skipped.
/// </summary>
/// <param name="models">The models in order, each with its client.</param>
/// <param name="services">What the store's sessions share.</param>
internal sealed class FailoverChatClient(IReadOnlyList<(ModelReference Model, IChatClient Client)> models, StoreServices services)
    : DelegatingChatClient(models[0].Client)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        return RunAsync(
            sent,
            options,
            streaming: false,
            (client, own) => client.GetResponseAsync(sent, own, cancellationToken),
            cancellationToken
        );
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var stream = await RunAsync(
                sent,
                options,
                streaming: true,
                (client, own) => StartedStream.OpenAsync(client.GetStreamingResponseAsync(sent, own, cancellationToken), cancellationToken),
                cancellationToken
            )
            .ConfigureAwait(false);
        await foreach (var update in stream.ReadAsync().ConfigureAwait(false))
            yield return update;
    }

    private async Task<T> RunAsync<T>(
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        bool streaming,
        Func<IChatClient, ChatOptions?, Task<T>> send,
        CancellationToken cancellationToken
    )
    {
        var call = CallOptions.CallOf(options);
        Exception first;
        try
        {
            return await send(models[0].Client, options).ConfigureAwait(false);
        }
        catch (Exception e) when (CanFallBack(e, cancellationToken))
        {
            first = e;
        }

        var requirements = CallRequirements.Of(messages, options, streaming);
        // It names a model of the first provider.
        var own = options!.Clone();
        own.ModelId = null;
        var cause = first;
        var others = new List<string>();
        foreach (var (model, client) in models.Skip(1))
        {
            call.Ledger.Announce(AttemptReason.Fallback, call.ErrorOf(cause));
            if (WhyUnsuited(model, requirements, options) is { } reason)
            {
                call.Ledger.Skip(model, new() { Message = $"{model} was skipped: {reason}." });
                Log.FallbackSkipped(services.Logger, services.NameOf(model), reason);
                others.Add($"{model} was skipped ({reason})");
                continue;
            }
            Log.FallingBack(services.Logger, services.NameOf(models[0].Model), services.NameOf(model), services.Classify(cause).Kind);
            try
            {
                return await send(client, own).ConfigureAwait(false);
            }
            catch (Exception e) when (CanFallBack(e, cancellationToken))
            {
                cause = e;
                others.Add(services.Masker.ApplyToError(e.Message));
            }
        }
        throw WithFallbacks(first, others);
    }

    /// <summary>
    /// Whether another model may help: the provider is down, slow or asks for patience, does not have the model or the caller's account, or its
    /// model takes less than was sent. A request that is wrong or unwanted stays so elsewhere, and what the store or a budget refuses is no matter of the model.
    /// </summary>
    private bool CanFallBack(Exception exception, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return false;
        if (exception is OptionsValidationException)
            return true;
        if (exception is DossierException and not ProviderException)
            return false;
        var failure = services.Classify(exception);
        return failure.IsTransient
            || failure.Kind is not (ProviderErrorKind.InvalidRequest or ProviderErrorKind.ContentFiltered or ProviderErrorKind.Unknown);
    }

    private string? WhyUnsuited(ModelReference model, TaskRequirements requirements, ChatOptions options)
    {
        if (
            options.ConversationId is not null
            && !string.Equals(model.Provider, models[0].Model.Provider, StringComparison.OrdinalIgnoreCase)
        )
            return $"the conversation so far is kept by {models[0].Model.Provider}";
        var failed = services
            .Models.Get(model.Provider, model.Model)
            ?.Validate(requirements)
            .Checks.Where(check => check.Outcome == CheckOutcome.Fail)
            .Select(check => check.Reason)
            .ToList();
        return failed is { Count: > 0 } ? string.Join("; ", failed) : null;
    }

    private static ProviderException WithFallbacks(Exception first, List<string> others)
    {
        // The failure of the model that was asked for is what the caller has to act on.
        if (first is not ProviderException provider)
        {
            ExceptionDispatchInfo.Throw(first);
            throw first;
        }
        return new(
            provider.Provider,
            provider.Model,
            provider.Failure,
            $"{provider.Message} No fallback could answer either: {string.Join(" ", others.Select(other => other.TrimEnd('.') + "."))}",
            provider
        )
        {
            VendorType = provider.VendorType,
        };
    }
}
