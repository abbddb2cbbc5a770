using Microsoft.Extensions.Configuration;

namespace Dossier.Tests.Configuration;

public sealed class ConfigurationSourcesTests
{
    [Fact]
    public void ContentRoot_IsTheWorkingDirectory()
    {
        var host = new ConfigurationBuilder().Build();

        var sources = ConfigurationSources.OfProcess(host, Path.GetTempPath());

        sources.WorkingDirectory.Should().Be(Path.GetTempPath());
        sources.Host.Should().BeSameAs(host);
    }

    [Fact]
    public void OutsideAHost_TheCurrentDirectoryIs()
    {
        var sources = ConfigurationSources.OfProcess();

        sources.WorkingDirectory.Should().Be(Environment.CurrentDirectory);
        sources.Host.Should().BeNull();
        sources.Environment.Should().NotBeEmpty();
        sources.ApplicationVersion.Should().NotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("config")]
    public void WithoutAHome_ThereIsNoFileOfTheUser(string applicationData)
    {
        ConfigurationSources.UserDirectoryOf(applicationData).Should().BeNull();
    }

    [Fact]
    public void FileOfTheUser_IsInAFolderOfItsOwn()
    {
        ConfigurationSources.UserDirectoryOf(Path.GetTempPath()).Should().Be(Path.Combine(Path.GetTempPath(), "dossier"));
    }
}
