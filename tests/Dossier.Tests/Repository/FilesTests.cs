namespace Dossier.Tests.Repositories;

public sealed class FilesTests
{
    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    [InlineData("samples")]
    public void SourceFiles_AreShort(string folder)
    {
        var long500 = Repository.Files(folder, "*.cs").Where(path => File.ReadLines(path).Count() > 500);

        long500.Should().BeEmpty("a file over 500 lines has two jobs");
    }
}
