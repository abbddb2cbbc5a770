using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>The models that run in the process: <c>extractive</c>. No network, no key; used only when named.</summary>
internal sealed class LocalProvider : IModelProvider
{
    public IChatClient CreateChatClient(string model, ProviderConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (string.Equals(model, ExtractiveChatClient.Model, StringComparison.OrdinalIgnoreCase))
            return new ExtractiveChatClient(connection.TimeProvider);
        var known = new ModelReference(connection.Name, ExtractiveChatClient.Model).ToString();
        throw new ModelResolutionException(
            model,
            [known],
            $"Provider '{connection.Name}' has no model '{model}'. It has: {ExtractiveChatClient.Model}. Ask for '{known}'."
        );
    }

    /// <summary>Nothing that it does can fail as a vendor fails.</summary>
    public ProviderFailure? Classify(Exception exception) => null;
}
