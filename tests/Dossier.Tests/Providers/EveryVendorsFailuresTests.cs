using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Providers;

/// <summary>Failures over the wire that mean the same with every vendor.</summary>
public sealed class EveryVendorsFailuresTests
{
    private static readonly ProviderFailure s_interrupted = new(ProviderErrorKind.StreamInterrupted, IsTransient: true);
    private static readonly ProviderFailure s_late = new(ProviderErrorKind.Timeout, IsTransient: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Vendors => WireVendor.Names;

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task NoAnswerInTime_IsATimeout(string vendor)
    {
        var exception = await FailAsync(vendor, WireReply.Nothing(), timeout: TimeSpan.FromSeconds(1));

        exception.Failure.Should().Be(s_late);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task AnswerCutInTheMiddle_IsInterrupted(string vendor)
    {
        var exception = await FailAsync(vendor, WireReply.CutJson("""{"id":"1","mod"""));

        exception.Failure.Should().Be(s_interrupted);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task StreamCutInTheMiddle_ThrowsAfterWhatHadArrived(string vendor)
    {
        var (exception, texts) = await FailStreamAsync(vendor, WireVendor.Of(vendor).CutStream(["Good", " day"]));

        exception.Failure.Should().Be(s_interrupted);
        texts.Should().Equal("Good", " day");
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task StreamThatEndsEarly_IsNoWholeAnswer(string vendor)
    {
        var (exception, texts) = await FailStreamAsync(vendor, WireVendor.Of(vendor).ShortStream(["Good"]));

        exception.Failure.Should().Be(s_interrupted);
        texts.Should().Equal("Good");
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task StreamThatStalls_TimesOut(string vendor)
    {
        var (exception, texts) = await FailStreamAsync(
            vendor,
            WireVendor.Of(vendor).StalledStream(["Good"]),
            timeout: TimeSpan.FromSeconds(2)
        );

        exception.Failure.Should().Be(s_late);
        texts.Should().Equal("Good");
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task StatusWithRetryAfter_SaysHowLongToWait(string vendor)
    {
        var exception = await FailAsync(vendor, WireVendor.Of(vendor).Failure(503, [("Retry-After", "3")]));

        exception
            .Failure.Should()
            .Be(new ProviderFailure(ProviderErrorKind.ServerError, 503, IsTransient: true, RetryAfter: TimeSpan.FromSeconds(3)));
        exception.Message.Should().Contain("Not now.");
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task NobodyListens_IsAConnectionFailure(string vendor)
    {
        var connection = VendorClient.Connection(vendor, new ProviderOptions { Endpoint = new("http://127.0.0.1:1"), ApiKey = "key" });
        using var client = VendorClient.Open(WireVendor.Of(vendor).Provider, connection);

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<ProviderException>())
            .Which.Failure.Should()
            .Be(new ProviderFailure(ProviderErrorKind.Connection, IsTransient: true));
    }

    private static Task<ProviderException> FailAsync(string vendor, WireReply reply, TimeSpan? timeout = null) =>
        VendorClient.FailAsync(WireVendor.Of(vendor).Provider, vendor, reply, WireVendor.Of(vendor).Path, timeout);

    private static Task<(ProviderException Exception, List<string> Texts)> FailStreamAsync(
        string vendor,
        WireReply reply,
        TimeSpan? timeout = null
    ) => VendorClient.FailStreamAsync(WireVendor.Of(vendor).Provider, vendor, reply, WireVendor.Of(vendor).Path, timeout);
}
