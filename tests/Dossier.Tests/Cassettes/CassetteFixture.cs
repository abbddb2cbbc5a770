using System.Text;
using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Cassettes;

/// <summary>Records sessions in memory, and has what they make of a cassette.</summary>
internal sealed class CassetteFixture : IAsyncDisposable
{
    public const string Model = "first/large";

    private readonly MemoryStorage _storage = new();
    private readonly List<SessionStore> _stores = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Opens a session whose calls a client answers.</summary>
    public Task<Session> RecordAsync(IChatClient client, IChatClient? fallback = null)
    {
        var options = new SessionOptions
        {
            Model = Model,
            KeepVectors = true,
            Resilience = new() { MaxRetries = 0 },
            Fallbacks = fallback is null ? [] : ["second/small"],
        };
        options.Providers["first"] = new() { Implementation = new ScriptedProvider(_ => client, _ => ScriptedEmbeddings.OfLengths()) };
        options.Providers["second"] = new() { Implementation = new ScriptedProvider(_ => fallback!) };
        var store = new SessionStore(_storage, options, new(), ownsStorage: false, [], CallPipeline.Parts);
        _stores.Add(store);
        return store.OpenAsync(cancellationToken: Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        await _storage.DisposeAsync();
    }

    public static async Task<string> SaveAsync(Session session)
    {
        using var stream = new MemoryStream();
        await session.SaveCassetteAsync(stream, Token);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Opens a session that is answered from a cassette, and calls nobody.</summary>
    public static Task<Session> OpenAsync(string cassette) =>
        Session.OpenCassetteAsync(new MemoryStream(Encoding.UTF8.GetBytes(cassette)), cancellationToken: Token);
}
