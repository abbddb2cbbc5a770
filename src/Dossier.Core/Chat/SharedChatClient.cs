using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>A client that others use as well: disposing it leaves it open.</summary>
internal sealed class SharedChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
}
