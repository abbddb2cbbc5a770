using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>Which content one owner can have: what the owner has brought, and what the owner's records name.</summary>
public abstract class OwnerContentConformance<TFixture> : OwnerSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private static readonly byte[] s_large = new byte[200_000];

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.CommitAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetContentAsync))]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetContentsAsync))]
    [Scopes<IContentStore>(nameof(IContentStore.OpenReadAsync))]
    [Scopes<IContentStore>(nameof(IContentStore.ExistsAsync))]
    public async Task ContentOfSomebodyElse_CannotBeHadByItsDigest()
    {
        var (mine, theirs) = await FillAsync();
        var large = await Storage.Contents.WriteAsync(new MemoryStream(s_large));
        var owned = NewArtifact("large") with { SessionId = Theirs, Digest = large.Digest, Size = large.Size };
        await Records.CommitAsync(NewCommit(Theirs) with { Artifacts = [owned], Contents = [large] });

        (await Own.Records.GetContentAsync(mine.Artifact.Digest))!.Inline.Should().NotBeNull("a new view finds it in the owner's records");
        (await Own.Records.GetContentAsync(theirs.Artifact.Digest)).Should().BeNull();
        var several = await Own.Records.GetContentsAsync([theirs.Artifact.Digest, mine.Artifact.Digest]);
        several.Select(it => it?.Digest).Should().Equal(null, mine.Artifact.Digest);
        (await Own.Contents.OpenReadAsync(large.Digest)).Should().BeNull();
        (await Own.Contents.ExistsAsync(large.Digest)).Should().BeFalse();
        foreach (var named in new[] { theirs.Artifact.Digest, large.Digest })
        {
            var commit = NewCommit(Mine) with { Artifacts = [NewArtifact("guess") with { Digest = named }], Contents = [new(named, 7)] };
            var act = () => Own.Records.CommitAsync(commit).AsTask();
            (await act.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("content.owner");
        }
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.GetKeptStepAsync))]
    public async Task ResultOfAStep_IsNoWayToContentOfSomebodyElse()
    {
        var (mine, theirs) = await FillAsync();
        var step = ContentDigest.Of("step"u8);
        var stolen = mine.Artifact with { Digest = theirs.Artifact.Digest };

        var act = () => KeepAsync(Own.Records, Mine, step, stolen);
        (await act.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("content.owner");
        await KeepAsync(Records, Mine, step, stolen); // whoever sees the whole store may say what is not so

        (await Own.Records.GetKeptStepAsync(Mine, step, true, default))!.Content.Should().BeNull();
        (await Own.Records.GetStepAsync(Mine, step))!.ResultDigest.Should().Be(theirs.Artifact.Digest);
        (await Own.Records.GetContentAsync(theirs.Artifact.Digest)).Should().BeNull();
    }

    [Fact]
    [Scopes<IRecordStore>(nameof(IRecordStore.CommitAsync))]
    public async Task RecordsThatASessionBeginsWith_NameNoContentOfSomebodyElse()
    {
        var (_, theirs) = await FillAsync();
        var digest = theirs.Artifact.Digest;
        var step = new StepRecord
        {
            Key = digest,
            Name = "step",
            ResultType = "System.String",
            Status = StepStatus.Kept,
            Sequence = 1,
        };
        var message = new MessageRecord
        {
            Id = new(1, 1),
            Role = "user",
            Content = digest,
            CreatedAt = Time,
        };
        SessionCopy[] copies =
        [
            new() { Artifacts = [theirs.Artifact with { SessionId = "new", Version = 1, Sequence = 1 }] },
            new() { Responses = [NewResponse() with { Sequence = 1, RequestOptions = digest }] },
            new() { Steps = [step with { Inputs = [new(digest)] }] },
            new() { Steps = [step with { ResultArtifact = NewId(), ResultDigest = digest }] },
            new()
            {
                Conversations =
                [
                    new(
                        new()
                        {
                            Name = "c",
                            CreatedAt = Time,
                            UpdatedAt = Time,
                        },
                        [
                            [message],
                        ]
                    ),
                ],
            },
        ];

        foreach (var copy in copies)
        {
            var act = () =>
                Own
                    .Records.CommitAsync(
                        NewCommit("new") with
                        {
                            Session = new() { Id = "new" },
                            Copied = copy,
                        }
                    )
                    .AsTask();
            (await act.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("content.owner");
        }
        (await Own.Records.GetContentAsync(digest)).Should().BeNull();
    }

    [Fact]
    public async Task MessageThatRefersToContentOfSomebodyElse_IsRefused()
    {
        var (_, theirs) = await FillAsync();
        var message = Inline($"look at dossier-content:{theirs.Artifact.Digest}, please");
        var response = NewResponse() with { RequestMessages = [message.Digest] };

        var act = () => Own.Records.CommitAsync(NewCommit(Mine) with { Responses = [response], Contents = [message] }).AsTask();

        (await act.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("content.owner");
    }

    [Fact]
    public async Task ArtifactThatSaysAReference_GivesNoRightToIt()
    {
        var (_, theirs) = await FillAsync();
        var text = Inline($"dossier-content:{theirs.Artifact.Digest}");
        var artifact = NewArtifact("text") with { Digest = text.Digest };
        await Own.Records.CommitAsync(NewCommit(Mine) with { Artifacts = [artifact], Contents = [text] });

        (await Own.Records.GetContentAsync(text.Digest)).Should().NotBeNull();

        (await Own.Records.GetContentAsync(theirs.Artifact.Digest)).Should().BeNull();
    }

    [Fact]
    public async Task ImageThatAMessageRefersTo_IsRead_AlsoThroughANewView()
    {
        await FillAsync();
        var image = await Own.Contents.WriteAsync(new MemoryStream(s_large));
        var message = Inline($"dossier-content:{image.Digest}");
        var response = NewResponse() with { RequestMessages = [message.Digest] };
        await Own.Records.CommitAsync(NewCommit(Mine) with { Responses = [response], Contents = [message, image] });

        (await Own.Contents.OpenReadAsync(image.Digest)).Should().NotBeNull();
        (await new OwnerStorage(Storage, Me).Contents.OpenReadAsync(image.Digest)).Should().NotBeNull();
        (await new OwnerStorage(Storage, Them).Contents.OpenReadAsync(image.Digest)).Should().BeNull();
    }

    [Fact]
    [Scopes<IContentStore>(nameof(IContentStore.WriteAsync))]
    [Scopes<IContentStore>(nameof(IContentStore.ListAsync))]
    [Scopes<IContentStore>(nameof(IContentStore.DeleteAsync))]
    public async Task SameContent_IsKeptOnceForAll_AndIsEachOwners()
    {
        await FillAsync();
        var theirs = await Storage.Contents.WriteAsync(new MemoryStream(s_large));
        var record = NewArtifact("large") with { SessionId = Theirs, Digest = theirs.Digest, Size = theirs.Size };
        await Records.CommitAsync(NewCommit(Theirs) with { Artifacts = [record], Contents = [theirs] });
        (await Own.Contents.ListAsync().ToListAsync()).Should().BeEmpty();

        var mine = await Own.Contents.WriteAsync(new MemoryStream(s_large));
        var delete = () => Own.Contents.DeleteAsync(mine.Digest).AsTask();

        mine.Digest.Should().Be(theirs.Digest);
        (await Own.Contents.ExistsAsync(mine.Digest)).Should().BeTrue();
        (await delete.Should().ThrowAsync<OwnerScopeException>()).Which.Owner.Should().Be(Me);
        (await Storage.Contents.ExistsAsync(mine.Digest)).Should().BeTrue();
        var artifact = NewArtifact("large") with { Digest = mine.Digest, Size = mine.Size };
        await Own.Records.CommitAsync(NewCommit(Mine) with { Artifacts = [artifact], Contents = [mine] });
        (await Own.Contents.ListAsync().ToListAsync()).Should().Equal(mine.Digest);
    }
}
