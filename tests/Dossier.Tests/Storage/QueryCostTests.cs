using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Tests.Storage;

/// <summary>
/// What queries cost at many artifacts, counted in steps of SQLite's virtual machine: visiting a row takes several, never none.
/// DOSSIER_QUERY_ROWS sets how many artifacts there are.
/// </summary>
public sealed class QueryCostTests(LargeStore store) : IClassFixture<LargeStore>
{
    /// <summary>Reading all columns of one artifact, looked up by its key.</summary>
    private const int StepsPerRow = 60;

    /// <summary>Looking up sessions and names, and the first seek of each list.</summary>
    private const int StepsPerPage = 400;

    /// <summary>One jump of a list to a block.</summary>
    private const int StepsPerBlock = 20;

    public static TheoryData<string, ArtifactQuery> BoundedFilters { get; } =
        new()
        {
            { "one percent", Where(MetadataCondition.EqualTo("percent", Json("7"))) },
            { "half", Where(MetadataCondition.EqualTo("half", Json("0"))) },
            {
                "half and one percent",
                Where(MetadataCondition.EqualTo("half", Json("0")), MetadataCondition.EqualTo("percent", Json("8")))
            },
            { "two percent", Where(MetadataCondition.In("percent", Json("3"), Json("4"))) },
        };

    [Theory]
    [MemberData(nameof(BoundedFilters))]
    public void PageOfAnEqualityFilter_CostsItsRowsAndAFewBlocks(string filter, ArtifactQuery query)
    {
        foreach (var place in LargeStore.Places(query))
        {
            var cost = store.Measure(place);

            cost.Rows.Should().Be(50, filter);
            cost.FullScanSteps.Should().Be(0, filter);
            cost.Sorts.Should().Be(0, filter);
            cost.Steps.Should().BeLessThan((50 * StepsPerRow) + StepsPerPage + (8 * StepsPerBlock), filter);
        }
    }

    [Fact]
    public void FiltersThatNeverMeetRowByRow_CostAJumpForEachBlock()
    {
        var query = Where(MetadataCondition.EqualTo("half", Json("0")), MetadataCondition.EqualTo("odd", Json("true")));

        foreach (var place in LargeStore.Places(query))
        {
            var cost = store.Measure(place);

            cost.Rows.Should().Be(0);
            cost.FullScanSteps.Should().Be(0);
            cost.Steps.Should().BeLessThan(StepsPerPage + (2 * StepsPerBlock * ((LargeStore.Rows / FactBlock.Size) + 2)));
        }
    }

    [Fact]
    public void FiltersThatHoldInDifferentHalvesOfTheStore_CostNextToNothing()
    {
        var query = Where(MetadataCondition.EqualTo("phase", Json("\"import\"")), MetadataCondition.EqualTo("reviewed", Json("true")));

        foreach (var place in LargeStore.Places(query))
        {
            var cost = store.Measure(place);

            cost.Rows.Should().Be(0);
            cost.Steps.Should().BeLessThan(StepsPerPage + (8 * StepsPerBlock));
        }
    }

    [Fact]
    public void UnfilteredPages_AreReadAlongAnIndex()
    {
        foreach (var place in LargeStore.Places(new() { PageSize = 50 }))
            store
                .Plans(place)
                .Should()
                .OnlyContain(plan =>
                    plan.StartsWith("SEARCH")
                    || plan.StartsWith("SCAN artifacts")
                    || plan.StartsWith("CORRELATED")
                    || plan.StartsWith("SCALAR")
                )
                .And.NotContain(plan => plan.Contains("TEMP B-TREE"));
    }

    [Theory]
    [MemberData(nameof(BoundedFilters))]
    public void PlansOfAnEqualityFilter_SearchAndNeverScan(string filter, ArtifactQuery query)
    {
        foreach (var place in LargeStore.Places(query))
            store.Plans(place).Should().NotContain(plan => plan.StartsWith("SCAN") || plan.Contains("TEMP B-TREE"), filter);
    }

    [Theory]
    [InlineData(ArtifactOrder.OldestFirst)]
    [InlineData(ArtifactOrder.NewestFirst)]
    [InlineData(ArtifactOrder.LargestFirst)]
    public void ArtifactsOfASessionByName_CostTheVersionsOfThatName(ArtifactOrder order)
    {
        var query = Where(MetadataCondition.EqualTo("half", Json("1"))) with { Name = "n4711", Order = order };

        var cost = store.Measure(new(LargeStore.SessionId, query));

        cost.Rows.Should().Be(1);
        cost.Steps.Should().BeLessThan(StepsPerRow + StepsPerPage);
    }

    [Fact]
    public void ArtifactsOfASessionByProducer_AreSearchedByIt() =>
        store
            .Plans(new(LargeStore.SessionId, new() { ProducedBy = new string('a', 32) }))
            .Should()
            .Contain(plan => plan.Contains("artifacts_by_producer"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Response_CostsItselfAndWhatWasMadeOfIt_HoweverManyArtifactsThereAre(bool listed)
    {
        var cost = store.MeasureResponse(listed);

        cost.Rows.Should().Be(1);
        cost.FullScanSteps.Should().Be(0);
        cost.Steps.Should().BeLessThan(StepsPerPage);
    }

    public static TheoryData<SessionQuery> BoundedSessionFilters { get; } =
    [
        new SessionQuery { Tag = "half" },
        new SessionQuery { Tags = ["third", "half"] },
        new SessionQuery { Owner = "owner7" },
        new SessionQuery { Status = SessionStatus.Completed },
    ];

    [Theory]
    [MemberData(nameof(BoundedSessionFilters))]
    public void PageOfSessions_CostsItsRows(SessionQuery query)
    {
        foreach (var order in new[] { SessionOrder.NewestFirst, SessionOrder.OldestFirst })
        foreach (var continuation in new[] { null, "10000" })
        {
            var cost = store.Measure(query with { Order = order, PageSize = 50 }, continuation);

            cost.Rows.Should().Be(50);
            cost.FullScanSteps.Should().Be(0);
            cost.Sorts.Should().Be(0);
            cost.Steps.Should().BeLessThan((50 * 2 * StepsPerRow) + StepsPerPage);
        }
    }

    [Fact]
    public void NamesInOrder_AreReadAlongTheIndex()
    {
        var cost = store.Measure(new(LargeStore.SessionId, new() { Order = ArtifactOrder.Name, PageSize = 50 }));

        cost.Rows.Should().Be(50);
        cost.Steps.Should().BeLessThan((50 * StepsPerRow) + StepsPerPage);
    }

    [Fact]
    public void SumsOverAll_ReadNoArtifact() =>
        store.CountPlans(new ArtifactQuery()).Should().NotContain(plan => plan.Contains("artifacts"));

    /// <summary>The owner has one session of a hundred, and one artifact in each.</summary>
    [Theory]
    [InlineData(ArtifactOrder.OldestFirst, null)]
    [InlineData(ArtifactOrder.NewestFirst, null)]
    [InlineData(ArtifactOrder.LargestFirst, null)]
    [InlineData(ArtifactOrder.OldestFirst, "single")]
    public void ArtifactsOfFewSessions_CostTheseSessions(ArtifactOrder order, string? name)
    {
        var query = new ArtifactQuery
        {
            Sessions = new() { Owner = "owner7" },
            Name = name,
            Order = order,
            PageSize = 50,
        };

        var cost = store.Measure(new(null, query));

        cost.Rows.Should().Be(50);
        cost.FullScanSteps.Should().Be(0);
        cost.Steps.Should().BeLessThan((200 * 2 * StepsPerRow) + StepsPerPage);
    }

    [Fact]
    public void SumsOfSessionsThatMatch_ReadNoArtifact()
    {
        var cost = store.MeasureCount(new() { Sessions = new() { Owner = "owner7" } });

        cost.Rows.Should().Be(200);
        cost.Steps.Should().BeLessThan((200 * StepsPerRow) + StepsPerPage);
    }

    public static TheoryData<SessionQuery> SessionCounts { get; } =
    [new SessionQuery(), new SessionQuery { Owner = "owner7" }, new SessionQuery { Status = SessionStatus.Completed }];

    [Theory]
    [MemberData(nameof(SessionCounts))]
    public void CountsOfSessions_AreReadFromAnIndexAlone(SessionQuery query) =>
        store.CountPlans(query).Should().ContainSingle().Which.Should().Contain("USING COVERING INDEX sessions_by_");

    private static ArtifactQuery Where(params MetadataCondition[] conditions) => new() { Where = conditions, PageSize = 50 };

    private static JsonElement Json(string json) => JsonElement.Parse(json);
}
