namespace Dossier.Benchmarks.Models;

/// <summary>The cheapest of all imported models that meets three requirements, per second.</summary>
internal static class ModelsFind
{
    private const int Times = 300;
    private static readonly TokenUsage s_usage = new() { Input = 3_000, Output = 1_000 };

    public static Ratio Ratio { get; } =
        new("models.find", "×", "searches per second of a loop with the same tests over a plain array", Goal.Min(0.3), _ => MeasureAsync());

    private static async Task<Measured> MeasureAsync()
    {
        var models = ModelImport.Read(ModelsFile.Read()).Models.ToArray();
        var registry = new ModelRegistry(models);
        var requirements = new TaskRequirements
        {
            MinContextTokens = 100_000,
            Vision = true,
            Tools = true,
            ExpectedUsage = s_usage,
        };
        var expected = Scan(models, requirements);
        if (registry.Find(requirements, count: 1)[0] != expected)
            throw new InvalidOperationException("The registry finds another model than the loop.");
        // Seconds of the loop by seconds of the registry is searches per second of the registry by those of the loop.
        return await Measure.RatioAsync(
            9,
            _ => TimeAsync(() => Scan(models, requirements)),
            _ => TimeAsync(() => registry.Find(requirements, count: 1))
        );
    }

    private static Task<double> TimeAsync(Func<object> search) =>
        Measure.SecondsAsync(() =>
        {
            for (var i = 0; i < Times; i++)
                search();
            return Task.CompletedTask;
        });

    private static ModelDescriptor Scan(ModelDescriptor[] models, TaskRequirements requirements)
    {
        ModelDescriptor? cheapest = null;
        var least = decimal.MaxValue;
        foreach (var model in models)
        {
            if (
                !(model.ContextTokens >= requirements.MinContextTokens)
                || model.Vision != Support.Yes
                || model.Tools != Support.Yes
                || model.LifeCycle is LifeCycle.EndOfLife or LifeCycle.Deprecated
                || model.OutputModalities is { } writes && !writes.HasFlag(Modalities.Text)
                || model.Price is not { } price
            )
            {
                continue;
            }
            var cost = price.CostOf(s_usage)?.Amount ?? decimal.MaxValue;
            if (cost < least)
                (cheapest, least) = (model, cost);
        }
        return cheapest!;
    }
}
