using System.Globalization;
using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>
/// A page of 50 artifacts by a metadata value that one in a hundred has, among a million of them. Among a thousand only ten have
/// it: the page that it is compared with brings a fifth of the artifacts, and nothing is taken off for that.
/// </summary>
internal static class ListGrowth
{
    private const int Many = 1_000_000;
    private const int Few = 1_000;
    private const int PerCommit = 1_000;
    private const int Reads = 400;
    private const int PageSize = 50;
    private const int FewFound = Few / 100;

    public static Ratio Ratio { get; } =
        new("list.growth", "×", "the same query among 1,000, which finds 10 artifacts instead of 50", Goal.Max(2), MeasureAsync);

    private static async Task<Measured> MeasureAsync(string directory)
    {
        await using var many = await FillAsync(Path.Combine(directory, "many"), Many);
        await using var few = await FillAsync(Path.Combine(directory, "few"), Few);
        var ratio = await Measure.RatioAsync(9, round => SecondsAsync(many, round, PageSize), round => SecondsAsync(few, round, PageSize));
        return new(
            ratio,
            string.Create(CultureInfo.InvariantCulture, $"for each artifact that the page brings: {ratio * FewFound / PageSize:0.00}"),
            await CostsAsync(many, "1,000,000"),
            await CostsAsync(few, "1,000")
        );
    }

    /// <summary>What a page of one artifact and a page of ten, which both stores have, say of the cost of a page and of an artifact in it.</summary>
    private static async Task<string> CostsAsync(LocalStorage storage, string count)
    {
        var one = new List<double>();
        var ten = new List<double>();
        for (var round = 0; round < 9; round++)
        {
            one.Add(await SecondsAsync(storage, round, 1));
            ten.Add(await SecondsAsync(storage, round, FewFound));
        }
        var each = (Measure.Median(ten) - Measure.Median(one)) * 1e6 / (FewFound - 1);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"among {count}: {(Measure.Median(one) * 1e6) - each:0.0} µs for the page and {each:0.00} µs for each artifact in it"
        );
    }

    private static async Task<double> SecondsAsync(LocalStorage storage, int round, int pageSize)
    {
        var random = new Random(round);
        var times = new List<double>(Reads);
        for (var i = 0; i < Reads; i++)
        {
            var query = new ArtifactQuery
            {
                Where = [MetadataCondition.EqualTo("percent", JsonElement.Parse($"{random.Next(100)}"))],
                Order = i % 2 == 0 ? ArtifactOrder.OldestFirst : ArtifactOrder.NewestFirst,
                PageSize = pageSize,
            };
            times.Add(await Measure.SecondsAsync(async () => await storage.Records.QueryArtifactsAsync("s", query)));
        }
        return Measure.Median(times);
    }

    /// <summary>Many artifacts to a commit, because only reading them is measured.</summary>
    private static async Task<LocalStorage> FillAsync(string path, int count)
    {
        var storage = new LocalStorage(path, new() { Durability = Durability.Process });
        await storage.OpenAsync();
        var content = Encoding.ASCII.GetBytes("{}");
        var entry = new ContentEntry(ContentDigest.Of(content), content.Length, content);
        var values = Enumerable.Range(0, 100).Select(i => JsonElement.Parse($"{i}")).ToArray();
        for (var first = 0; first < count; first += PerCommit)
        {
            await storage.Records.CommitAsync(
                new()
                {
                    CommitId = Id(count + first),
                    SessionId = "s",
                    At = DateTimeOffset.UnixEpoch,
                    Session = first == 0 ? new() { Id = "s" } : null,
                    Contents = [entry],
                    Artifacts =
                    [
                        .. Enumerable
                            .Range(first, PerCommit)
                            .Select(i => new ArtifactRecord
                            {
                                SessionId = "s",
                                Id = Id(i).ToString("N"),
                                Name = $"record-{i}",
                                ContentType = "application/json",
                                Digest = entry.Digest,
                                Size = entry.Size,
                                Metadata = new Dictionary<string, JsonElement> { ["percent"] = values[(int)(i * 2654435761L % 100)] },
                            }),
                    ],
                }
            );
        }
        return storage;
    }

    private static Guid Id(int number) => new(number, 0, 0, new byte[8]);
}
