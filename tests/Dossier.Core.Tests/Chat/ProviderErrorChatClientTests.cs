using System.Runtime.CompilerServices;
using Dossier.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Dossier.Core.Tests.Chat;

public sealed class ProviderErrorChatClientTests
{
    private const string Key = "sk-secret";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Exception> NotTheVendors =>
        [
            new ArgumentException("misuse"),
            new NotSupportedException("misuse"),
            new ObjectDisposedException("client"),
            new OptionsValidationException("Dossier", typeof(SessionOptions), ["configuration"]),
            new NotFoundException("ours"),
        ];

    public static TheoryData<ProviderFailure, string> Remedies =>
        new()
        {
            {
                new(ProviderErrorKind.Authentication, 401),
                "Check the environment variable VENDOR_API_KEY or Dossier:Providers:vendor:ApiKey;"
            },
            { new(ProviderErrorKind.PermissionDenied, 403), "Ask the provider for access" },
            { new(ProviderErrorKind.NotFound, 404), "Check the model's name 'm/1' at the provider" },
            { new(ProviderErrorKind.InvalidRequest, 400), "the same request fails again" },
            { new(ProviderErrorKind.RateLimited, 429, true, TimeSpan.FromSeconds(1.5)), "Wait 2 s and try again." },
            { new(ProviderErrorKind.RateLimited, 429, true), "Wait and try again." },
            { new(ProviderErrorKind.QuotaExceeded, 429), "Check the plan and the billing" },
            { new(ProviderErrorKind.Overloaded, 529, true), "Try again later, or use another provider." },
            { new(ProviderErrorKind.Overloaded, 529, true, TimeSpan.FromSeconds(3)), "Wait 3 s and try again." },
            { new(ProviderErrorKind.ContextTooLong, 400), "use a model with a larger context" },
            { new(ProviderErrorKind.ContentFiltered, 400), "the same request fails again" },
            { new(ProviderErrorKind.ServerError, 503, true, TimeSpan.FromSeconds(5)), "Wait 5 s and try again." },
            { new(ProviderErrorKind.ServerError, 500, true), "Try again later." },
            { new(ProviderErrorKind.Timeout, null, true), "raise Dossier:Providers:vendor:Timeout." },
            { new(ProviderErrorKind.Connection, null, true), "Check the network, Dossier:Providers:vendor:Endpoint" },
            { new(ProviderErrorKind.StreamInterrupted, null, true), "What had arrived of it is kept" },
            { new(ProviderErrorKind.Unknown), "See the vendor's own message." },
        };

    /// <summary>What a store that was made in code reads of files and the environment: nothing.</summary>
    [Theory]
    [InlineData(ProviderErrorKind.Authentication, "Check SessionOptions.Providers[\"vendor\"].ApiKey;")]
    [InlineData(ProviderErrorKind.PermissionDenied, "(SessionOptions.Providers[\"vendor\"].ApiKey)")]
    [InlineData(ProviderErrorKind.NotFound, "and SessionOptions.Providers[\"vendor\"].Endpoint if it is set")]
    [InlineData(ProviderErrorKind.Timeout, "raise SessionOptions.Providers[\"vendor\"].Timeout.")]
    [InlineData(ProviderErrorKind.Connection, "SessionOptions.Providers[\"vendor\"].Proxy.")]
    public async Task FailureInAStoreMadeInCode_NamesWhatCodeSets(ProviderErrorKind kind, string remedy)
    {
        var options = new SessionOptions
        {
            Providers =
            {
                ["vendor"] = new() { Implementation = new Provider(new(kind), new FailingClient(new VendorException("Oh no."), 0)) },
            },
        };
        await using var store = new SessionStore(new MemoryStorage(), options);
        await using var session = await store.OpenAsync(cancellationToken: Token);

        var act = () => session.GetChatClient("vendor/m").GetResponseAsync("Hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<ProviderException>()).Which.Message.Should().Contain(remedy).And.NotContain("Dossier:");
    }

    [Theory]
    [MemberData(nameof(Remedies))]
    public async Task Failure_SaysWhatToDo(ProviderFailure failure, string remedy)
    {
        var vendors = new VendorException("Oh no.");
        using var client = Wrap(vendors, failure);

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        exception
            .Message.Should()
            .StartWith("The call to 'vendor/m/1' failed: ")
            .And.Contain(remedy)
            .And.EndWith("The vendor's message: Oh no.");
        exception.Failure.Should().Be(failure);
        exception.IsTransient.Should().Be(failure.IsTransient);
        exception.Provider.Should().Be("vendor");
        exception.Model.Should().Be("m/1");
        exception.InnerException.Should().BeSameAs(vendors);
    }

    [Fact]
    public async Task VendorsText_IsMaskedBeforeItIsShortened()
    {
        // The cut falls in the middle of the key; half a key would escape the mask.
        using var client = Wrap(new VendorException(new string('x', 292) + Key + "\n\nand   more"), new(ProviderErrorKind.Unknown));

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        var exception = (await act.Should().ThrowAsync<ProviderException>()).Which;
        exception.Message.Should().EndWith(new string('x', 292) + "[masked]…").And.NotContain("sk-");
    }

    [Fact]
    public async Task WhatTheProviderDoesNotKnow_IsJudgedAsAnHttpFailure()
    {
        using var client = Wrap(new HttpRequestException(HttpRequestError.ConnectionError, "refused"), failure: null);

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<ProviderException>()).Which.Failure.Kind.Should().Be(ProviderErrorKind.Connection);
    }

    [Fact]
    public async Task WhatNobodyKnows_IsUnknown()
    {
        using var client = Wrap(new VendorException("?"), failure: null);

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<ProviderException>()).Which.Failure.Should().Be(new ProviderFailure(ProviderErrorKind.Unknown));
    }

    [Theory]
    [MemberData(nameof(NotTheVendors))]
    public async Task MisuseAndConfiguration_PassUnchanged(Exception misuse)
    {
        using var client = Wrap(misuse, failure: null);

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<Exception>()).Which.Should().BeSameAs(misuse);
    }

    [Fact]
    public async Task CallersCancellation_PassesUnchanged()
    {
        var cancelled = new OperationCanceledException();
        using var client = Wrap(cancelled, failure: null);

        var act = () => client.GetResponseAsync("Hi", cancellationToken: new CancellationToken(canceled: true));

        (await act.Should().ThrowAsync<OperationCanceledException>()).Which.Should().BeSameAs(cancelled);
    }

    [Fact]
    public async Task CancellationThatIsNotTheCallers_IsATimeout()
    {
        using var client = Wrap(new TaskCanceledException(), failure: null);

        var act = () => client.GetResponseAsync("Hi", cancellationToken: Token);

        (await act.Should().ThrowAsync<ProviderException>()).Which.Failure.Kind.Should().Be(ProviderErrorKind.Timeout);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Stream_FailsAfterWhatHadArrived(int updates)
    {
        using var client = Wrap(new HttpIOException(HttpRequestError.ResponseEnded), failure: null, updates);
        var received = new List<string>();

        var act = async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync("Hi", cancellationToken: Token))
                received.Add(update.Text);
        };

        (await act.Should().ThrowAsync<ProviderException>()).Which.Failure.Kind.Should().Be(ProviderErrorKind.StreamInterrupted);
        received.Should().HaveCount(updates);
    }

    private static ProviderErrorChatClient Wrap(Exception exception, ProviderFailure? failure, int updates = 0) =>
        new(
            new FailingClient(exception, updates),
            new Provider(failure),
            new("vendor", "m/1"),
            new SecretMasker([Key]),
            new ConfigurationRemedy(readsConfiguration: true),
            "VENDOR_API_KEY"
        );

    private sealed class VendorException(string message) : Exception(message);

    private sealed class Provider(ProviderFailure? failure, IChatClient? client = null) : IModelProvider
    {
        public IChatClient CreateChatClient(string model, ProviderConnection connection) => client ?? throw new InvalidOperationException();

        public ProviderFailure? Classify(Exception exception) => failure;
    }

    private sealed class FailingClient(Exception exception, int updates) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options,
            CancellationToken cancellationToken
        ) => Task.FromException<ChatResponse>(exception);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options,
            [EnumeratorCancellation] CancellationToken cancellationToken
        )
        {
            for (var i = 0; i < updates; i++)
                yield return new ChatResponseUpdate(ChatRole.Assistant, "word ");
            await Task.FromException(exception);
        }

        public object? GetService(Type serviceType, object? serviceKey) => null;

        public void Dispose() { }
    }
}
