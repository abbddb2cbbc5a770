namespace Dossier.Tests.Configuration;

public sealed class JsonSettingsTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MalformedFile_IsNamedWithItsLine()
    {
        File.WriteAllText(_folder.WorkingFile, "{\n  \"Dossier\": {\n    \"Model\": oops\n  }\n}");

        _folder
            .Failures()
            .Should()
            .ContainSingle()
            .Which.Should()
            .Match($"{_folder.WorkingFile}, line 3: not valid JSON: *. Correct the file.");
    }

    [Fact]
    public void FaultsThatMayFollowFromAMalformedFile_AreNotReported()
    {
        File.WriteAllText(_folder.UserFile, "{");

        _folder.Failures(new() { Provider = "acme" }).Should().ContainSingle().Which.Should().StartWith(_folder.UserFile);
    }

    [Fact]
    public void MalformedUserSecrets_AreNamed()
    {
        _folder.UserSecrets("{ \"Dossier\": }");

        _folder.Failures().Should().ContainSingle().Which.Should().StartWith($"{_folder.UserSecretsFile}, line 1: not valid JSON");
    }

    [Fact]
    public void TwiceTheSameKey_IsRefused()
    {
        File.WriteAllText(_folder.WorkingFile, """{ "Dossier": { "Model": "a", "model": "b" } }""");

        _folder.Failures().Should().ContainSingle().Which.Should().Match($"{_folder.WorkingFile}: *duplicate key*");
    }

    [Fact]
    public void SettingsOutsideTheSection_AreRefused()
    {
        File.WriteAllText(_folder.WorkingFile, """{ "Model": "m1" }""");

        _folder
            .Failures()
            .Should()
            .Equal(
                $"Model ({_folder.WorkingFile}, line 1): stands outside the section 'Dossier'. Write {{ \"Dossier\": {{ ... }} }} around it."
            );
    }

    [Fact]
    public void SchemaAndCommentsAndTrailingCommas_AreAllowed()
    {
        File.WriteAllText(_folder.WorkingFile, "{ \"$schema\": \"https://example.com\", // why\n \"dossier\": { \"Model\": \"m1\", }, }");

        _folder.Resolve().Options.Model.Should().Be("m1");
    }

    [Fact]
    public void UserSecretsOfOtherPrograms_AreLeftAlone()
    {
        _folder.UserSecrets("""{ "Other": "x", "Dossier": { "Model": "m1" } }""");

        _folder.Resolve().Options.Model.Should().Be("m1");
    }

    [Fact]
    public void Lines_AreFoundInListsAndObjects()
    {
        var lines = JsonLines.Read("{\n\"A\": [\n\"x\",\n{ \"B\": 1 }\n]}"u8);

        lines.Should().Contain("A", 2).And.Contain("A:0", 3).And.Contain("A:1:B", 4);
    }
}
