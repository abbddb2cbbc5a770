namespace Dossier.Storage;

/// <summary>Turns pages into a list that is read as it is consumed.</summary>
internal static class RecordPages
{
    private const int MaxPageSize = 1000;

    public static async IAsyncEnumerable<T> ReadAllAsync<T>(Func<string?, ValueTask<RecordPage<T>>> readPage)
    {
        string? continuation = null;
        do
        {
            var page = await readPage(continuation).ConfigureAwait(false);
            foreach (var item in page.Items)
                yield return item;
            continuation = page.Continuation;
        } while (continuation is not null);
    }

    public static void CheckPageSize(int query)
    {
        if (query is < 1 or > MaxPageSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(query),
                query,
                $"A page has 1 to {MaxPageSize} records; set PageSize accordingly."
            );
        }
    }
}
