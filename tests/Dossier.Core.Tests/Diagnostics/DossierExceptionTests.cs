namespace Dossier.Core.Tests.Diagnostics;

public sealed class DossierExceptionTests
{
    private const string Key = "sk-proj-aaaabbbbccccddddeeeeffff0123456789ABCDEFGHIJ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Message_HasNoKeys() =>
        new DossierException($"Model '{Key}' is not known.").Message.Should().Be("Model '[masked]' is not known.");

    [Fact]
    public async Task KeyInThePlaceOfAName_IsNotThrown()
    {
        await using var test = await TestSession.OpenAsync();
        var session = test.Session;
        Func<Task>[] misuses =
        [
            () => session.StoreArtifactAsync($"{Key}\n", "text", cancellationToken: Token),
            () => session.StoreArtifactAsync($"{Key} {new string('x', 2000)}", "text", cancellationToken: Token),
            () => session.StoreArtifactAsync(Key, new WriteOnlyStream(), cancellationToken: Token),
            () => session.StoreArtifactAsync(Key, Task.FromResult(1), cancellationToken: Token),
            () => StoreAsync(new Dictionary<string, object?> { [Key] = new object() }),
            () => StoreAsync(new Dictionary<string, object?> { [Key] = double.NaN }),
            () => test.Store.OpenAsync(new() { SessionId = $"{Key}/1" }, Token),
            () => Task.FromResult(MetadataCondition.AtLeast(Key, Key)),
        ];

        foreach (var misuse in misuses)
            (await misuse.Should().ThrowAsync<ArgumentException>()).Which.Message.Should().Contain("[masked]").And.NotContain(Key);

        Task StoreAsync(Dictionary<string, object?> metadata) =>
            session.StoreArtifactAsync("name", "text", metadata: metadata, cancellationToken: Token);
    }

    [Fact]
    public async Task KeyInThePlaceOfAModel_IsNotThrown()
    {
        await using var test = await TestSession.OpenAsync();

        var get = () => test.Session.GetChatClient(Key);

        get.Should().Throw<ModelResolutionException>().WithMessage("*'[masked]'*").And.ToString().Should().NotContain(Key);
    }

    private sealed class WriteOnlyStream : MemoryStream
    {
        public override bool CanRead => false;
    }
}
