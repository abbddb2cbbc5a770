using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Configuration;

internal sealed class FakeStorage : IStorage
{
    public bool IsDisposed { get; private set; }

    public string Location => "nowhere";

    public int InlineLimit => 0;

    public IRecordStore Records => throw new InvalidOperationException("Not for use.");

    public IContentStore Contents => throw new InvalidOperationException("Not for use.");

    public IStoreMaintenance Maintenance => throw new InvalidOperationException("Not for use.");

    public Task OpenAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}

internal sealed class FakeProvider : IModelProvider
{
    public IChatClient CreateChatClient(string model, ProviderConnection connection) => throw new InvalidOperationException("Not for use.");

    public ProviderFailure? Classify(Exception exception) => null;
}
