using Dossier.Storage;

namespace Dossier.Core.Tests.Sessions;

public sealed class StoreServicesTests
{
    [Fact]
    public void SecretsOfTheOptions_AreMasked()
    {
        var options = new SessionOptions
        {
            ApiKey = "general-key-1",
            Providers =
            {
                ["one"] = new()
                {
                    ApiKey = "provider-key-1\n",
                    Endpoint = new("https://example.com/?token=query-token-1"),
                    Proxy = new("http://me:proxy-password-1@proxy.example"),
                    Headers = { ["X-Signature"] = "header-signature-1", ["X-Title"] = "my-application" },
                },
            },
        };
        var services = new StoreServices(new MemoryStorage(), options, new(), ["configured-key-1"], PipelineParts.None);

        services
            .Masker.Apply("general-key-1 provider-key-1 query-token-1 proxy-password-1 header-signature-1 my-application configured-key-1")
            .Should()
            .Be("[masked] [masked] [masked] [masked] [masked] my-application [masked]");
    }
}
