using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>
/// Sits directly around a vendor's client and turns the vendor's exceptions into <see cref="ProviderException"/>. A cancellation
/// by the caller's token, misuse and configuration failures pass unchanged.
/// </summary>
/// <param name="innerClient">The vendor's client.</param>
/// <param name="provider">Says what the vendor's exceptions mean; what it does not know is judged as .NET's own HTTP failures.</param>
/// <param name="model">The provider's configured name and the model that was asked for.</param>
/// <param name="masker">Masks the secrets in a text: vendors echo keys.</param>
/// <param name="settings">Where the provider's settings are.</param>
/// <param name="keyVariable">The environment variable that holds the provider's key, where it has one.</param>
/// <param name="quotesVendor">Whether messages have what the vendor says, which may be what was sent; otherwise it is in the inner exception only.</param>
internal sealed class ProviderErrorChatClient(
    IChatClient innerClient,
    IModelProvider provider,
    ModelReference model,
    SecretMasker masker,
    ConfigurationRemedy settings,
    string? keyVariable = null,
    bool quotesVendor = true
) : DelegatingChatClient(innerClient)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsVendors(exception, cancellationToken))
        {
            throw Translate(exception);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var updates = Open(messages, options, cancellationToken);
        await using (updates.ConfigureAwait(false))
        {
            while (await MoveNextAsync(updates, cancellationToken).ConfigureAwait(false))
                yield return updates.Current;
        }
    }

    private IAsyncEnumerator<ChatResponseUpdate> Open(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        }
        catch (Exception exception) when (IsVendors(exception, cancellationToken))
        {
            throw Translate(exception);
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> updates, CancellationToken cancellationToken)
    {
        try
        {
            return await updates.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsVendors(exception, cancellationToken))
        {
            throw Translate(exception);
        }
    }

    private static bool IsVendors(Exception exception, CancellationToken cancellationToken) =>
        exception switch
        {
            OperationCanceledException => !cancellationToken.IsCancellationRequested,
            DossierException or OptionsValidationException => false,
            ArgumentException or ObjectDisposedException or NotSupportedException => false,
            _ => true,
        };

    private ProviderException Translate(Exception exception) =>
        ProviderErrorText.Exception(exception, provider, model, masker, settings, keyVariable, quotesVendor);
}
