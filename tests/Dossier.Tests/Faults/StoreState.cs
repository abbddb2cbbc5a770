using Dossier.Storage;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.Faults;

/// <summary>Everything that a store holds, read record by record, and what has to hold of it whatever happened to its writers.</summary>
internal sealed class StoreState
{
    private readonly Dictionary<string, Artifact> _artifacts = [];

    /// <summary>The ids of all artifacts.</summary>
    public IReadOnlyCollection<string> Artifacts => _artifacts.Keys;

    /// <summary>How many artifacts there are of each name.</summary>
    public Dictionary<string, int> Names => _artifacts.Values.CountBy(artifact => artifact.Name).ToDictionary();

    /// <summary>The keys of all responses.</summary>
    public HashSet<string> ResponseKeys { get; } = [];

    /// <summary>
    /// Reads all sessions: sequences and versions have neither gaps nor repeats, content is there and is what its digest says.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="known">Artifacts whose content was read before and is not read again; those read now are added.</param>
    public static async Task<StoreState> ReadAsync(SessionStore store, HashSet<string> known)
    {
        var token = TestContext.Current.CancellationToken;
        var state = new StoreState();
        await foreach (var info in store.ListSessionsAsync(cancellationToken: token))
        {
            await using var session = await store.OpenAsync(new() { SessionId = info.Id, OpenMode = OpenMode.Open }, token);
            var artifacts = await session.ListArtifactsAsync(new() { PageSize = 1000 }, token).ToListAsync(token);
            var responses = await session.Responses.ListAsync(new() { PageSize = 1000 }, token).ToListAsync(token);
            var steps = await session.Steps.ListAsync(cancellationToken: token).ToListAsync(token);
            long[] sequences =
            [
                .. artifacts.Select(it => it.Record.Sequence),
                .. responses.Select(it => it.Sequence),
                .. steps.Select(it => it.Sequence),
            ];
            sequences.Order().Should().Equal(Enumerable.Range(1, sequences.Length).Select(i => (long)i));
            foreach (var name in artifacts.GroupBy(artifact => artifact.Name))
                name.Select(artifact => artifact.Version).Should().Equal(Enumerable.Range(1, name.Count()), "so are {0}", name.Key);
            foreach (var artifact in artifacts)
            {
                state._artifacts.Add(artifact.Id, artifact);
                if (!known.Add(artifact.Id))
                    continue;
                var content = await artifact.ReadBytesAsync(token);
                content.LongLength.Should().Be(artifact.Size);
                ContentDigest.Of(content).Should().Be(artifact.Digest, "{0} was stored", artifact);
            }
            state.ResponseKeys.UnionWith(responses.Select(response => response.Key ?? ""));
        }
        return state;
    }

    /// <summary>What SQLite itself finds wrong; <c>ok</c> when that is nothing.</summary>
    public static string CheckDatabase(string path)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(path, "dossier.db")};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string)command.ExecuteScalar()!;
    }
}
