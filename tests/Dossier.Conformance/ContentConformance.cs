using System.Text;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Content: inline with the records, and as streams of any size.</summary>
public abstract class ContentConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private static readonly byte[] Large = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 / 7)).ToArray();

    [Fact]
    public async Task InlineContent_IsReadBackByItsDigest()
    {
        await CreateSessionAsync();
        var content = Inline("hello");

        await Records.CommitAsync(NewCommit() with { Contents = [content] });

        var read = await Records.GetContentAsync(content.Digest);
        read!.Size.Should().Be(5);
        Encoding.UTF8.GetString(read.Inline!.Value.Span).Should().Be("hello");
    }

    [Fact]
    public async Task EmptyContent_IsContent()
    {
        await CreateSessionAsync();
        var content = Inline("");

        await Records.CommitAsync(NewCommit() with { Contents = [content] });

        var read = await Records.GetContentAsync(content.Digest);
        read!.Size.Should().Be(0);
        read.Inline!.Value.Length.Should().Be(0);
    }

    [Fact]
    public async Task ContentThatTheContentStoreHas_IsKnownWithoutBytes()
    {
        await CreateSessionAsync();
        var entry = await Storage.Contents.WriteAsync(new MemoryStream(Large));

        await Records.CommitAsync(NewCommit() with { Contents = [entry] });

        (await Records.GetContentAsync(entry.Digest)).Should().Be(new ContentEntry(entry.Digest, 300_000));
    }

    [Fact]
    public async Task ContentThatNoCommitNamed_IsNull() => (await Records.GetContentAsync(ContentDigest.Of("nobody"u8))).Should().BeNull();

    [Fact]
    public async Task ContentOfAFailedCommit_IsNull()
    {
        await CreateSessionAsync();
        var content = Inline("hello");

        var commit = async () => await Records.CommitAsync(NewCommit() with { Contents = [content], ExpectedRevision = 9 });

        await commit.Should().ThrowAsync<ConflictException>();
        (await Records.GetContentAsync(content.Digest)).Should().BeNull();
    }

    [Fact]
    public async Task ChangingTheBytesAfterwards_DoesNotChangeWhatIsStored()
    {
        await CreateSessionAsync();
        var bytes = "hello"u8.ToArray();
        var content = new ContentEntry(ContentDigest.Of(bytes), bytes.Length, bytes);
        await Records.CommitAsync(NewCommit() with { Contents = [content] });

        bytes[0] = (byte)'J';

        Encoding.UTF8.GetString((await Records.GetContentAsync(content.Digest))!.Inline!.Value.Span).Should().Be("hello");
    }

    [Fact]
    public async Task SameContentTwice_IsNamedTwiceAndKept()
    {
        await CreateSessionAsync();
        var content = Inline("hello");

        await Records.CommitAsync(NewCommit() with { Contents = [content, content] });
        await Records.CommitAsync(NewCommit() with { Contents = [content with { Inline = null }] });

        (await Records.GetContentAsync(content.Digest))!.Inline.Should().NotBeNull();
    }

    [Fact]
    public async Task WrittenStream_IsReadBack()
    {
        var entry = await Storage.Contents.WriteAsync(new MemoryStream(Large));

        entry.Digest.Should().Be(ContentDigest.Of(Large));
        entry.Size.Should().Be(Large.Length);
        (await ReadAsync(entry.Digest)).Should().Equal(Large);
    }

    [Fact]
    public async Task Stream_IsReadFromItsPositionAndNotDisposed()
    {
        var stream = new MemoryStream("hello"u8.ToArray()) { Position = 1 };

        var entry = await Storage.Contents.WriteAsync(stream);

        entry.Digest.Should().Be(ContentDigest.Of("ello"u8));
        stream.CanRead.Should().BeTrue();
    }

    [Fact]
    public async Task EmptyStream_IsContent()
    {
        var entry = await Storage.Contents.WriteAsync(new MemoryStream());

        entry.Size.Should().Be(0);
        (await ReadAsync(entry.Digest)).Should().BeEmpty();
    }

    [Theory]
    [InlineData(0, 5, 5)]
    [InlineData(100_000, 70_000, 70_000)]
    [InlineData(299_990, 100, 10)]
    [InlineData(299_990, null, 10)]
    [InlineData(10, 0, 0)]
    [InlineData(300_000, 10, 0)]
    [InlineData(400_000, null, 0)]
    public async Task Range_IsReadAndNoMore(int offset, int? length, int expected)
    {
        var entry = await Storage.Contents.WriteAsync(new MemoryStream(Large));

        var bytes = await ReadAsync(entry.Digest, offset, length);

        bytes.Should().Equal(Large.Skip(offset).Take(expected));
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(0, -1)]
    public async Task NegativeRange_IsRefused(int offset, int? length)
    {
        var entry = await Storage.Contents.WriteAsync(new MemoryStream(Large));

        var open = () => Storage.Contents.OpenReadAsync(entry.Digest, offset, length);

        await open.Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task UnknownContent_IsNull()
    {
        var digest = ContentDigest.Of("nobody"u8);

        (await Storage.Contents.OpenReadAsync(digest)).Should().BeNull();
        (await Storage.Contents.ExistsAsync(digest)).Should().BeFalse();
        (await Storage.Contents.DeleteAsync(digest)).Should().BeFalse();
    }

    [Fact]
    public async Task SameStreamTwice_IsKeptOnce()
    {
        var first = await Storage.Contents.WriteAsync(new MemoryStream(Large));
        var second = await Storage.Contents.WriteAsync(new MemoryStream(Large));

        second.Should().Be(first);
        (await Storage.Contents.ListAsync().ToListAsync()).Should().Equal(first.Digest);
    }

    [Fact]
    public async Task SameStreamFromManyWriters_IsKeptOnce()
    {
        var writes = Enumerable.Range(0, 16).Select(_ => Task.Run(() => Storage.Contents.WriteAsync(new MemoryStream(Large))));

        await Task.WhenAll(writes);

        (await Storage.Contents.ListAsync().ToListAsync()).Should().Equal(ContentDigest.Of(Large));
        (await ReadAsync(ContentDigest.Of(Large))).Should().Equal(Large);
    }

    [Fact]
    public async Task DeletedContent_IsGone()
    {
        var entry = await Storage.Contents.WriteAsync(new MemoryStream(Large));

        (await Storage.Contents.DeleteAsync(entry.Digest)).Should().BeTrue();

        (await Storage.Contents.ExistsAsync(entry.Digest)).Should().BeFalse();
        (await Storage.Contents.ListAsync().ToListAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task DeletedContent_CanBeWrittenAgain()
    {
        var entry = await Storage.Contents.WriteAsync(new MemoryStream(Large));
        await Storage.Contents.DeleteAsync(entry.Digest);

        await Storage.Contents.WriteAsync(new MemoryStream(Large));

        (await Storage.Contents.ExistsAsync(entry.Digest)).Should().BeTrue();
    }

    [Fact]
    public async Task FailingStream_ThrowsItsOwnExceptionAndLeavesNothing()
    {
        var write = () => Storage.Contents.WriteAsync(new FailingStream(200_000));

        (await write.Should().ThrowAsync<IOException>()).WithMessage("the source failed");
        (await Storage.Contents.ListAsync().ToListAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task CancelledWrite_LeavesNothing()
    {
        var write = () => Storage.Contents.WriteAsync(new MemoryStream(Large), new CancellationToken(canceled: true));

        await write.Should().ThrowAsync<OperationCanceledException>();
        (await Storage.Contents.ListAsync().ToListAsync()).Should().BeEmpty();
    }

    private async Task<byte[]> ReadAsync(ContentDigest digest, long offset = 0, long? length = null)
    {
        await using var stream = await Storage.Contents.OpenReadAsync(digest, offset, length);
        var bytes = new MemoryStream();
        await stream!.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
