namespace Dossier.Tests.Configuration;

public sealed class ResilienceBinderTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryOption_IsBound()
    {
        _folder.Working(
            """
            "Resilience": {
              "MaxRetries": 5, "BaseDelay": "00:00:02", "MaxDelay": "00:00:30", "FirstTokenTimeout": "00:00:10", "AttemptTimeout": "00:00:20",
              "TotalTimeout": "00:02:00", "CircuitFailureRatio": 0.5, "CircuitMinimumCalls": 20, "CircuitSampling": "00:00:40", "circuitbreak": "00:00:05"
            }
            """
        );

        _folder
            .Resolve()
            .Options.Resilience.Should()
            .BeEquivalentTo(
                new ResilienceOptions
                {
                    MaxRetries = 5,
                    BaseDelay = TimeSpan.FromSeconds(2),
                    MaxDelay = TimeSpan.FromSeconds(30),
                    FirstTokenTimeout = TimeSpan.FromSeconds(10),
                    AttemptTimeout = TimeSpan.FromSeconds(20),
                    TotalTimeout = TimeSpan.FromMinutes(2),
                    CircuitFailureRatio = 0.5,
                    CircuitMinimumCalls = 20,
                    CircuitSampling = TimeSpan.FromSeconds(40),
                    CircuitBreak = TimeSpan.FromSeconds(5),
                }
            );
        ResilienceBinder.Names.Should().BeEquivalentTo(typeof(ResilienceOptions).GetProperties().Select(property => property.Name));
    }

    [Fact]
    public void Code_WinsMemberByMember()
    {
        _folder.Working("\"Resilience\": { \"MaxRetries\": 5, \"BaseDelay\": \"00:00:02\" }");

        var resilience = _folder.Resolve(new() { Resilience = new() { MaxRetries = 0 } }).Options.Resilience!;

        resilience.MaxRetries.Should().Be(0);
        resilience.BaseDelay.Should().Be(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void WrongValues_AreAllReported()
    {
        _folder.Working(
            """
            "Resilience": { "MaxRetries": 21, "BaseDelay": "soon", "CircuitFailureRatio": "-1", "MaxRetrys": 3 },
            "Providers": { "openai": { "RequestsPerMinute": 0, "MaxConcurrentCalls": "many" } }
            """
        );

        _folder
            .Failures()
            .Should()
            .SatisfyRespectively(
                name => name.Should().Contain("Dossier:Resilience:MaxRetrys").And.Contain("MaxRetries"),
                retries =>
                    retries
                        .Should()
                        .Contain("MaxRetries = '21'")
                        .And.EndWith("is out of its bounds. ResilienceOptions.MaxRetries is 21; set it between 0 and 20."),
                delay => delay.Should().Contain("BaseDelay = 'soon'").And.Contain("is not a duration"),
                ratio => ratio.Should().Contain("CircuitFailureRatio = '-1'").And.Contain("set it between 0 and 1."),
                concurrency => concurrency.Should().Contain("MaxConcurrentCalls = 'many'").And.Contain("is not a whole number"),
                requests => requests.Should().Contain("RequestsPerMinute = '0'").And.Contain("Write 1 or more")
            );
    }

    [Fact]
    public void FallbacksAndLimits_AreBound()
    {
        _folder.Working(
            """
            "Fallbacks": ["a/x", "b/y"], "Providers": { "openai": { "RequestsPerMinute": 60, "MaxConcurrentCalls": 4 } }
            """
        );

        var options = _folder.Resolve().Options;

        options.Fallbacks.Should().Equal("a/x", "b/y");
        options.Providers["openai"].Limits.Should().Be(new LimitSettings(4, 60));
        _folder.Resolve(new() { Fallbacks = ["c/z"] }).Options.Fallbacks.Should().Equal("c/z");
    }

    [Fact]
    public void OneValueForAll_IsRefused()
    {
        _folder.Working("\"Resilience\": \"on\"");

        _folder.Failures().Single().Should().Contain("takes an object, not one value");
    }
}
