using Microsoft.Extensions.Options;

namespace Dossier.Tests.Configuration;

public sealed class ValidationTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SeveralFaults_AreReportedAtOnce()
    {
        _folder.User("\"Durability\": \"fast\",\n\"Providers\": { \"openai\": { \"Timeout\": \"0:00:00\" } }");

        var exception = Assert.ThrowsAny<OptionsValidationException>(() => _folder.Resolve(new() { SessionId = "../x" }));

        exception.OptionsName.Should().Be("Dossier");
        exception.OptionsType.Should().Be<SessionOptions>();
        exception
            .Failures.Should()
            .BeEquivalentTo(
                $"Dossier:Durability = 'fast' ({_folder.UserFile}, line 1): is none of its values. Write Full or Process.",
                $"Dossier:Providers:openai:Timeout = '0:00:00' ({_folder.UserFile}, line 2): is not above 0. Write hours, minutes and seconds, as in 00:01:40.",
                "Dossier:SessionId = '../x' (SessionOptions): is not a session id. Use 1 to 128 letters, digits, '-', '_' and '.', not beginning with a dot."
            );
    }

    [Fact]
    public void SeveralFaults_StandOnALineEach()
    {
        _folder.User("\"Durability\": \"fast\"");

        var exception = Assert.ThrowsAny<OptionsValidationException>(() => _folder.Resolve(new() { SessionId = "../x" }));

        exception.Message.Split('\n').Should().Equal(["2 settings are wrong:", .. exception.Failures.Select(failure => $"- {failure}")]);
    }

    [Fact]
    public void OneFault_IsTheWholeMessage()
    {
        var exception = Assert.ThrowsAny<OptionsValidationException>(() => _folder.Resolve(new() { SessionId = "../x" }));

        exception.Message.Should().Be(exception.Failures.Single());
    }

    [Fact]
    public void MistypedVariable_IsReported()
    {
        _folder.Environment["DOSSIER__MODLE"] = "m1";

        _folder
            .Failures()
            .Should()
            .ContainSingle()
            .Which.Should()
            .Contain("DOSSIER__MODLE")
            .And.Contain("Did you mean 'Model' or 'Models'?");
    }

    [Fact]
    public void EmptySessionIdInCode_IsRefusedInsteadOfStartingAnotherSession()
    {
        _folder.Failures(new() { SessionId = "" }).Should().ContainSingle().Which.Should().Contain("SessionOptions.SessionId is empty");
    }

    [Fact]
    public void EmptyOwnerInCode_IsRefusedInsteadOfStartingASessionOfNobody()
    {
        _folder.Failures(new() { Owner = "" }).Should().ContainSingle().Which.Should().Contain("SessionOptions.Owner is empty");
    }

    [Theory]
    [InlineData("StoragePath", "../elsewhere")]
    [InlineData("StoragePath", "/elsewhere")]
    [InlineData("ModelsPath", "../elsewhere")]
    [InlineData("ModelsPath", "/elsewhere")]
    public void DirectoryOutsideOfTheWorkingDirectory_MayNotBeAskedForByAFileInIt(string setting, string path)
    {
        _folder.Working($"\"{setting}\": \"{path}\"");

        _folder.Failures().Should().ContainSingle().Which.Should().Contain("outside of the working directory");
    }

    [Fact]
    public void TextsThatTheUserDoesNotKeep_MayNotBeAskedForByAFileInTheWorkingDirectory()
    {
        _folder.User("\"Capture\": \"DigestsOnly\"");
        _folder.Working("\"Capture\": \"full\"");

        _folder
            .Failures()
            .Should()
            .ContainSingle()
            .Which.Should()
            .Contain("Dossier:Capture = 'full'")
            .And.Contain("texts kept that you do not keep");
    }

    [Fact]
    public void LessThanTheUserKeeps_MayBeAskedForByAFileInTheWorkingDirectory()
    {
        _folder.User("\"Capture\": \"Full\"");
        _folder.Working("\"Capture\": \"DigestsOnly\"");

        _folder.Resolve().Options.Capture.Should().Be(Capture.DigestsOnly);
    }

    [Fact]
    public void StoreInsideOfTheWorkingDirectory_MayBeAskedForByAFileInIt()
    {
        _folder.Working("\"StoragePath\": \"records/store\"");

        _folder.Resolve().Options.StoragePath.Should().Be(Path.Combine(_folder.WorkingDirectory, "records", "store"));
    }

    [Theory]
    [InlineData("\"Modle\": \"m1\"", "Dossier:Modle (*, line 1): there is no such setting. Did you mean 'Model' or 'Models'?")]
    [InlineData("\"Xyzzyxyzzy\": \"m1\"", "Dossier:Xyzzyxyzzy (*): there is no such setting. Known are ApiKey, ApplicationVersion, *")]
    [InlineData(
        "\"Providers\": { \"openai\": { \"Endpont\": \"x\" } }",
        "Dossier:Providers:openai:Endpont (*): there is no such setting. Did you mean 'Endpoint'?"
    )]
    [InlineData("\"Providers\": { \"openai\": \"x\" }", "Dossier:Providers:openai (*): takes an object, not one value.*")]
    [InlineData("\"Tags\": \"a\"", "Dossier:Tags (*): takes several values, not one.*")]
    [InlineData("\"Model\": { \"Name\": \"a\" }", "Dossier:Model:Name (*): 'Model' does not go so deep.*")]
    public void WrongName_IsReportedWithTheNearest(string members, string failure)
    {
        _folder.User(members);

        _folder.Failures().Should().ContainSingle().Which.Should().Match(failure);
    }

    [Fact]
    public void MistypedSecret_IsNotShown()
    {
        _folder.User("""  "ApiKye": "user-key-1" """);

        _folder.Failures().Should().ContainSingle().Which.Should().NotContain("user-key-1").And.Contain("Did you mean 'ApiKey'?");
    }

    [Theory]
    [InlineData("example.com/v1")]
    [InlineData("/v1")]
    [InlineData("ftp://example.com")]
    [InlineData("file:///etc/passwd")]
    public void Endpoint_HasToBeAnAbsoluteHttpUri(string endpoint)
    {
        _folder.Environment["OPENAI_BASE_URL"] = endpoint;

        _folder
            .Failures()
            .Should()
            .Equal(
                $"Dossier:Providers:openai:Endpoint = '{endpoint}' (environment variable OPENAI_BASE_URL): is not an absolute http or https URI. "
                    + "Write it whole, as in https://example.com/v1/."
            );
    }

    [Fact]
    public void RelativeEndpointInCode_IsReported()
    {
        var code = new SessionOptions { Providers = { ["openai"] = new() { Endpoint = new("v1", UriKind.Relative) } } };

        _folder
            .Failures(code)
            .Should()
            .ContainSingle()
            .Which.Should()
            .StartWith("Dossier:Providers:openai:Endpoint = 'v1' (SessionOptions)");
    }

    [Fact]
    public void SecretsInAWrongUri_AreMasked()
    {
        _folder.User("""  "Providers": { "openai": { "Proxy": "htp://me:pass-word@proxy.example/?key=abc" } } """);

        _folder
            .Failures()
            .Should()
            .ContainSingle()
            .Which.Should()
            .StartWith("Dossier:Providers:openai:Proxy = 'htp://[masked]@proxy.example/?[masked]' ");
    }

    [Fact]
    public void KeyInTheWrongPlace_IsMasked()
    {
        _folder.Environment["OPENAI_BASE_URL"] = "sk-proj-0123456789abcdef";

        _folder.Failures().Should().ContainSingle().Which.Should().NotContain("0123456789").And.Contain("'[masked]'");
    }

    [Theory]
    [InlineData("-00:00:01", "is not above 0")]
    [InlineData("100", "is not a duration")]
    [InlineData("soon", "is not a duration")]
    public void Timeout_HasToBeAPositiveDuration(string timeout, string problem)
    {
        _folder.Environment["DOSSIER__PROVIDERS__OPENAI__TIMEOUT"] = timeout;

        _folder
            .Failures()
            .Should()
            .ContainSingle()
            .Which.Should()
            .StartWith(
                $"Dossier:Providers:openai:Timeout = '{timeout}' (environment variable DOSSIER__PROVIDERS__OPENAI__TIMEOUT): {problem}."
            );
    }

    [Theory]
    [InlineData("sometimes")]
    [InlineData("1")]
    public void OpenMode_HasToBeOneOfItsNames(string mode)
    {
        _folder.Environment["DOSSIER__OPENMODE"] = mode;

        _folder.Failures().Should().ContainSingle().Which.Should().EndWith("Write OpenOrCreate or Open or Create.");
    }

    [Theory]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("é")]
    public void SessionId_HasItsSyntax(string id)
    {
        _folder.Failures(new() { SessionId = id }).Should().ContainSingle().Which.Should().StartWith($"Dossier:SessionId = '{id}' ");
    }

    [Fact]
    public void SessionIdOf128Characters_IsValid()
    {
        _folder.Resolve(new() { SessionId = new('a', 128) }).Options.SessionId.Should().HaveLength(128);
    }

    [Fact]
    public void SessionIdOf129Characters_IsNot()
    {
        _folder.Failures(new() { SessionId = new('a', 129) }).Should().ContainSingle();
    }

    [Fact]
    public void StorageAndStoragePathInCode_ExcludeEachOther()
    {
        var code = new SessionOptions { Storage = new FakeStorage(), StoragePath = "store" };

        _folder
            .Failures(code)
            .Should()
            .Equal("Dossier:StoragePath = 'store' (SessionOptions): excludes Storage, which is set as well. Set one of them.");
    }

    [Fact]
    public void StorageInCode_WinsOverAConfiguredPath()
    {
        _folder.User("""  "StoragePath": "store" """);
        var storage = new FakeStorage();

        var options = _folder.Resolve(new() { Storage = storage }).Options;

        options.Storage.Should().BeSameAs(storage);
        options.StoragePath.Should().BeNull();
    }

    [Fact]
    public void StoragePathWithATilde_IsRefused()
    {
        _folder.User("""  "StoragePath": "~/.dossier" """);

        _folder.Failures().Should().ContainSingle().Which.Should().Contain("begins with '~', which only a shell replaces");
    }

    [Fact]
    public void UnknownProvider_IsReportedWithTheNearest()
    {
        _folder
            .Failures(new() { Provider = "opnai" })
            .Should()
            .Equal("Dossier:Provider = 'opnai' (SessionOptions): there is no such provider. Did you mean 'openai'?");
    }

    [Theory]
    [InlineData("X Y", "v")]
    [InlineData("X", "a\nb")]
    public void Header_HasToBeOne(string name, string value)
    {
        var code = new SessionOptions { Providers = { ["openai"] = new() { Headers = { [name] = value } } } };

        _folder
            .Failures(code)
            .Should()
            .Equal(
                $"Dossier:Providers:openai:Headers:{name} = '[masked]' (SessionOptions): is not an HTTP header. Use letters, digits and '-' in its name, and no line break in its value."
            );
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("")]
    public void NameOfAProvider_HasItsSyntax(string name)
    {
        var code = new SessionOptions { Providers = { [name] = new() { Implementation = new FakeProvider() } } };

        _folder.Failures(code).Should().Equal($"Dossier:Providers:{name}: not a provider's name. Use letters, digits, '-', '_' and '.'.");
    }
}
