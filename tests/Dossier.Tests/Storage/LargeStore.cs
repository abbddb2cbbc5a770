using System.Globalization;
using System.Text.Json;
using Dossier.Storage;
using SQLitePCL;

namespace Dossier.Tests.Storage;

/// <summary>A query and where it is asked: of a session, from its beginning or its middle, or over all.</summary>
public sealed record QueryPlace(string? SessionId, ArtifactQuery Query, string? Continuation = null);

/// <summary>What SQLite counted for one page.</summary>
public sealed record QueryCost(int Rows, long Steps, long FullScanSteps, long Sorts);

/// <summary>Very many artifacts in one session, written past the library, because only reading them is looked at.</summary>
public sealed class LargeStore : IAsyncLifetime
{
    public const string SessionId = "large";
    public const string ResponseId = "22222222222222222222222222222222";

    private readonly TemporaryDirectory _directory = new();

    public static int Rows { get; } =
        int.Parse(Environment.GetEnvironmentVariable("DOSSIER_QUERY_ROWS") ?? "200000", CultureInfo.InvariantCulture);

    public async ValueTask InitializeAsync()
    {
        await using (var storage = new LocalStorage(_directory.Path))
        {
            await storage.OpenAsync();
            await storage.Records.CommitAsync(
                new()
                {
                    CommitId = new("11111111-1111-1111-1111-111111111111"),
                    SessionId = SessionId,
                    At = DateTimeOffset.UnixEpoch,
                    Session = new() { Id = SessionId },
                    Responses = [new() { Id = ResponseId, Success = true }],
                }
            );
        }
        using var database = new Database(_directory.Path);
        database.ExecuteScript("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN IMMEDIATE");
        Insert(database);
        var facts = new FactWriter(database);
        for (var i = 1; i <= Rows; i++)
            facts.Add(1, i, i, [.. Metadata(i).Select(pair => KeyValuePair.Create(pair.Key, FactValue.Of(pair.Value)!.Value))]);
        facts.Flush();
        database.Execute("COMMIT");
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return default;
    }

    /// <summary>The query asked of the session and over all, in both orders, from the beginning and from the middle.</summary>
    public static IEnumerable<QueryPlace> Places(ArtifactQuery query)
    {
        var middle = (Rows / 2).ToString(CultureInfo.InvariantCulture);
        foreach (var order in new[] { ArtifactOrder.OldestFirst, ArtifactOrder.NewestFirst })
        foreach (var session in new[] { SessionId, null })
        foreach (var continuation in new[] { null, middle })
            yield return new(session, query with { Order = order }, continuation);
    }

    public QueryCost Measure(QueryPlace place)
    {
        using var database = Open();
        return Cost(database, ArtifactSql.Query(database, place.SessionId, place.Query, place.Continuation).Items.Count);
    }

    /// <summary>The lines of the plans of all statements that a page takes.</summary>
    public IReadOnlyList<string> Plans(QueryPlace place)
    {
        using var database = Open();
        ArtifactSql.Query(database, place.SessionId, place.Query, place.Continuation);
        return Explain(database);
    }

    public IReadOnlyList<string> CountPlans(ArtifactQuery query)
    {
        using var database = Open();
        ArtifactSql.Count(database, SessionId, query);
        return Explain(database);
    }

    /// <summary>The lines of the plan that counts sessions.</summary>
    public IReadOnlyList<string> CountPlans(SessionQuery query)
    {
        using var database = Open();
        SessionSql.Count(database, query);
        return Explain(database);
    }

    public QueryCost MeasureCount(ArtifactQuery query)
    {
        using var database = Open();
        return Cost(database, ArtifactSql.Count(database, null, query).Sum(totals => totals.Count));
    }

    public QueryCost Measure(SessionQuery query, string? continuation)
    {
        using var database = Open();
        return Cost(database, SessionSql.Query(database, query, continuation).Items.Count);
    }

    /// <summary>Of the one response of the session, by its id and in a list.</summary>
    public QueryCost MeasureResponse(bool listed)
    {
        using var database = Open();
        return Cost(
            database,
            listed ? ResponseSql.Query(database, SessionId, new(), null).Items.Count
                : ResponseSql.Get(database, SessionId, RecordId.Parse(ResponseId)) is null ? 0
                : 1
        );
    }

    private static QueryCost Cost(Database database, int rows)
    {
        return new(rows, Sum(raw.SQLITE_STMTSTATUS_VM_STEP), Sum(raw.SQLITE_STMTSTATUS_FULLSCAN_STEP), Sum(raw.SQLITE_STMTSTATUS_SORT));
        long Sum(int counter) => database.Statements.Values.Sum(statement => (long)statement.Counted(counter));
    }

    private static List<string> Explain(Database database)
    {
        var lines = new List<string>();
        foreach (var sql in database.Statements.Keys.Where(sql => sql.StartsWith("SELECT", StringComparison.Ordinal)).ToArray())
        {
            using var plan = database.Prepare("EXPLAIN QUERY PLAN " + sql);
            while (plan.Step())
                lines.Add(plan.Text(3));
        }
        return lines;
    }

    private static Dictionary<string, JsonElement> Metadata(int i) =>
        new()
        {
            ["percent"] = Numbers[i % 100],
            ["half"] = Numbers[i % 2],
            ["odd"] = i % 2 == 1 ? True : False,
            ["phase"] = i <= Rows / 2 ? Import : Review,
            ["reviewed"] = i <= Rows / 2 ? False : True,
        };

    private static readonly JsonElement[] Numbers = [.. Enumerable.Range(0, 100).Select(i => JsonElement.Parse($"{i}"))];
    private static readonly JsonElement True = JsonElement.Parse("true");
    private static readonly JsonElement False = JsonElement.Parse("false");
    private static readonly JsonElement Import = JsonElement.Parse("\"import\"");
    private static readonly JsonElement Review = JsonElement.Parse("\"review\"");

    private static void Insert(Database database)
    {
        database.ExecuteScript(
            """
            WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= 20000)
            INSERT INTO sessions(key, id, owner, status, created_at, updated_at, revision, last_sequence, body)
            SELECT i, 's' || i, 'owner' || (i % 100), i % 2, i, i, 1, 0, '{}' FROM n;
            INSERT INTO session_tags(tag, session) SELECT 'half', key FROM sessions WHERE key % 2 = 0;
            INSERT INTO session_tags(tag, session) SELECT 'third', key FROM sessions WHERE key % 3 = 0;
            """
        );
        using var insert = database.Prepare(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
            INSERT INTO artifacts(
                place, session, sequence, id, name, version, content_type, role, digest, size, created_at, masked_secrets, metadata)
            SELECT i, 1, i, CAST(printf('%016d', i) AS BLOB), 'n' || i, 1, 'text/plain', 0, zeroblob(32), i, i, 0,
                json_object('percent', i % 100, 'half', i % 2, 'odd', json(iif(i % 2 = 1, 'true', 'false')),
                    'phase', iif(i <= ?1 / 2, 'import', 'review'), 'reviewed', json(iif(i <= ?1 / 2, 'false', 'true')))
            FROM n
            """
        );
        insert.Bind(1, Rows);
        insert.Step();
        // One artifact in each session of one owner, behind all others.
        database.ExecuteScript(
            """
            INSERT INTO artifacts(
                session, sequence, id, name, version, content_type, role, digest, size, created_at, masked_secrets)
            SELECT key, 1, CAST(printf('%016d', key) AS BLOB), 'single', 1, 'text/plain', 0, zeroblob(32), 1, 1, 0
            FROM sessions WHERE owner = 'owner7';
            UPDATE sessions SET last_sequence = 1, totals = '{"text/plain":[1,1]}' WHERE owner = 'owner7';
            """
        );
    }

    private Database Open()
    {
        var database = new Database(_directory.Path);
        Schema.SetUpReader(database);
        return database;
    }
}
