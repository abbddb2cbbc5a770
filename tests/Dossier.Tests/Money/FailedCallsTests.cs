using Dossier.Tests.Sessions;
using Dossier.Tests.Wire;
using Microsoft.Extensions.AI;

namespace Dossier.Tests.Money;

/// <summary>What a budget counts for calls that failed, over the wire: nothing only where surely nothing can be billed.</summary>
public sealed class FailedCallsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Vendors => WireVendor.Names;

    public static TheoryData<string, int> Unsure => new MatrixTheoryData<string, int>([.. Names], [408, 500, 502, 503, 504, 524]);

    public static TheoryData<string, int> Refused => new MatrixTheoryData<string, int>([.. Names], [400, 401, 403, 404, 413, 429, 529]);

    private static IEnumerable<string> Names => Vendors.Select(row => row.Data);

    [Theory]
    [MemberData(nameof(Unsure))]
    public async Task ServerThatMayHaveAnswered_IsChargedAtItsWorst(string name, int status)
    {
        var vendor = WireVendor.Of(name);

        var settled = await SettledAsync(vendor, vendor.Failure(status, []));

        settled.Tokens.Should().BeInRange(101, 130);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task ServerThatRefuses_IsChargedNothing(string name, int status)
    {
        var vendor = WireVendor.Of(name);

        var settled = await SettledAsync(vendor, vendor.Failure(status, []));

        settled.Should().Be(new BudgetAmount());
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task ConnectionThatIsClosedWhenTheRequestWasRead_IsChargedAtItsWorst(string name)
    {
        var settled = await SettledAsync(WireVendor.Of(name), WireReply.Reset());

        settled.Tokens.Should().BeInRange(101, 130);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task AnswerThatNobodyCanRead_IsChargedAtItsWorst(string name)
    {
        var settled = await SettledAsync(WireVendor.Of(name), WireReply.Json("<html>Thank you for your patience.</html>"));

        settled.Tokens.Should().BeInRange(101, 130);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task ServerThatIsNotThere_IsChargedNothing(string name)
    {
        var settled = await SettledAsync(WireVendor.Of(name), reply: null);

        settled.Should().Be(new BudgetAmount());
    }

    [Fact]
    public async Task MissingKey_IsChargedNothingAndSaysWhatItIs()
    {
        await using var test = await WireSession.OpenAsync(configure: options =>
        {
            options.Providers["mistral"] = new();
            options.Budget = new() { MaxTokens = 1_000 };
        });
        var chat = test.Session.GetChatClient("mistral/m");

        await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() =>
            chat.GetResponseAsync("Hi", new() { MaxOutputTokens = 100 }, Token)
        );

        var response = await test.OnlyResponseAsync();
        response.Error!.Kind.Should().Be(ProviderErrorKind.Misconfigured);
        response.Attempts.Should().OnlyContain(attempt => attempt.Error!.Kind == ProviderErrorKind.Misconfigured);
        (await test.Session.Budget.GetStatusAsync(Token)).Settled.Should().Be(new BudgetAmount());
    }

    private static async Task<BudgetAmount> SettledAsync(WireVendor vendor, WireReply? reply)
    {
        await using var test = await WireSession.OpenAsync(
            vendor: vendor,
            configure: options => options.Budget = new() { MaxTokens = 1_000 }
        );
        if (reply is null)
            await test.Server.StopAsync();
        else
            test.Server.Reply(reply);

        await Assert.ThrowsAsync<ProviderException>(() => test.Chat.GetResponseAsync("Hi", new() { MaxOutputTokens = 100 }, Token));

        var status = await test.Session.Budget.GetStatusAsync(Token);
        status.Held.Should().Be(new BudgetAmount());
        return status.Settled;
    }
}
