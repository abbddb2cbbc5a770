using System.Text;
using System.Text.Json;
using Dossier.Storage;

namespace Dossier.Conformance;

/// <summary>What a purge deletes and what it never does.</summary>
public abstract class PurgeConformance<TFixture> : StorageSuite<TFixture>
    where TFixture : IStorageFixture, new()
{
    private static readonly PurgeOptions Everything = new() { TrashedFor = TimeSpan.Zero, GracePeriod = TimeSpan.Zero };

    [Fact]
    public async Task TrashedArtifact_IsGoneWithItsContent()
    {
        await CreateSessionAsync();
        var (inline, large) = (await StoreInlineAsync("gone"), await StoreLargeAsync(1));
        var kept = await StoreInlineAsync("kept");
        await TrashAsync(inline, large);

        var report = await PurgeAsync(Everything);

        report
            .Should()
            .Be(
                new PurgeReport
                {
                    Artifacts = 2,
                    Contents = 2,
                    Bytes = inline.Size + large.Size,
                }
            );
        (await Records.GetArtifactAsync(SessionId, inline.Id)).Should().BeNull();
        (await Records.GetContentAsync(inline.Digest)).Should().BeNull();
        (await Records.GetContentAsync(large.Digest)).Should().BeNull();
        (await Storage.Contents.ExistsAsync(large.Digest)).Should().BeFalse();
        (await Records.QueryArtifactsAsync(null, new() { Trash = TrashFilter.Include })).Items.Select(it => it.Id).Should().Equal(kept.Id);
        (await Records.GetContentAsync(kept.Digest))!.Inline.Should().NotBeNull();
    }

    [Fact]
    public async Task WhatIsNotInTheTrashForLongEnough_IsKept()
    {
        await CreateSessionAsync();
        var artifact = await StoreInlineAsync("a");
        await TrashAsync(artifact);

        var report = await PurgeAsync(Everything with { TrashedFor = TimeSpan.FromMinutes(10) }, Time.AddMinutes(9));

        report.Should().Be(new PurgeReport());
        (await Records.GetArtifactAsync(SessionId, artifact.Id)).Should().NotBeNull();
        (await PurgeAsync(Everything with { TrashedFor = TimeSpan.FromMinutes(10) }, Time.AddMinutes(10))).Artifacts.Should().Be(1);
    }

    [Fact]
    public async Task ContentThatAnotherRecordNames_IsKept()
    {
        await CreateSessionAsync();
        var (one, other) = (await StoreInlineAsync("shared"), await StoreInlineAsync("shared"));
        await TrashAsync(one);

        var report = await PurgeAsync(Everything);

        report.Should().Be(new PurgeReport { Artifacts = 1 });
        (await Records.GetContentAsync(other.Digest))!.Inline.Should().NotBeNull();
    }

    [Fact]
    public async Task ContentInTheTrash_IsKeptUntilItsRecordIsPurged()
    {
        await CreateSessionAsync();
        var artifact = await StoreInlineAsync("a");
        await TrashAsync(artifact);

        await PurgeAsync(Everything with { TrashedFor = TimeSpan.FromDays(1) });

        (await Records.GetContentAsync(artifact.Digest)).Should().NotBeNull();
    }

    [Fact]
    public async Task WhileAMessageIsMissing_NoContentIsDeleted()
    {
        await CreateSessionAsync();
        var image = Inline("an image");
        var text = Encoding.UTF8.GetBytes($"{new string(' ', 100_000)} dossier-content:{image.Digest}");
        var message = await Storage.Contents.WriteAsync(new MemoryStream(text));
        var response = NewResponse() with { RequestMessages = [message.Digest] };
        await Records.CommitAsync(NewCommit() with { Contents = [image, message], Responses = [response] });
        await Storage.Contents.DeleteAsync(message.Digest);

        var planned = await PurgeAsync(Everything with { DryRun = true });
        var report = await PurgeAsync(Everything);
        await Storage.Contents.WriteAsync(new MemoryStream(text));
        var healed = await PurgeAsync(Everything);

        report.Should().Be(new PurgeReport { UnreadableMessages = 1 });
        planned.Should().Be(report with { IsDryRun = true });
        report.ToString().Should().Contain("no content was deleted, because 1 message cannot be read");
        healed.Should().Be(new PurgeReport());
        (await Records.GetContentAsync(image.Digest)).Should().NotBeNull();
    }

    [Fact]
    public async Task MessagesOfAConversation_AndTheImagesInThem_AreKeptAndGoWithTheirSession()
    {
        await CreateSessionAsync("s-2");
        await CreateSessionAsync();
        var (image, listed) = (Inline("an image"), Inline("a listed image"));
        var text = Inline($$"""{"contents":[{"uri":"dossier-content:{{image.Digest}}"}]}""");
        var message = new MessageRecord
        {
            Role = "user",
            Content = text.Digest,
            Data = [listed.Digest],
            CreatedAt = Time,
        };
        var said = NewCommit() with
        {
            Contents = [image, listed, text],
            Conversations =
            [
                new() { Conversation = "c", Messages = [message] },
                new() { Conversation = "c", Messages = [message, message] },
            ],
        };
        await Records.CommitAsync(said);

        var kept = await PurgeAsync(Everything);
        await Records.CommitAsync(
            NewCommit() with
            {
                Session = new() { Id = SessionId, TrashedAt = Time },
            }
        );
        var planned = await PurgeAsync(Everything with { DryRun = true });
        var report = await PurgeAsync(Everything);

        kept.Should().Be(new PurgeReport());
        report
            .Should()
            .Be(
                new PurgeReport
                {
                    Sessions = 1,
                    Messages = 3,
                    Contents = 3,
                    Bytes = image.Size + listed.Size + text.Size,
                }
            );
        planned.Should().Be(report with { IsDryRun = true });
        await CreateSessionAsync();
        (await Records.GetConversationAsync(SessionId, "c")).Should().BeNull();
        (await Records.CountMessagesAsync(SessionId)).Should().Be(default(ConversationTotals));
    }

    [Fact]
    public async Task MessagesOfAResponse_AndTheImagesInThem_AreKept()
    {
        await CreateSessionAsync();
        var image = Inline("an image");
        var message = Inline($$"""{"contents":[{"uri":"dossier-content:{{image.Digest}}"}]}""");
        var largeImage = await Storage.Contents.WriteAsync(new MemoryStream(new byte[100_000]));
        var answer = await Storage.Contents.WriteAsync(
            new MemoryStream(Encoding.UTF8.GetBytes($"{new string(' ', 100_000)} dossier-content:{largeImage.Digest}"))
        );
        var options = Inline("options");
        ContentEntry[] all = [image, message, largeImage, answer, options];
        var response = NewResponse() with
        {
            RequestMessages = [message.Digest],
            RequestOptions = options.Digest,
            ResponseMessages = [answer.Digest],
        };
        await Records.CommitAsync(NewCommit() with { Contents = all, Responses = [response] });

        (await PurgeAsync(Everything)).Should().Be(new PurgeReport());
        await TrashSessionAsync();
        var report = await PurgeAsync(Everything);

        report
            .Should()
            .Be(
                new PurgeReport
                {
                    Sessions = 1,
                    Responses = 1,
                    Contents = 5,
                    Bytes = all.Sum(it => it.Size),
                }
            );
    }

    [Fact]
    public async Task PurgedSession_IsGoneAndItsIdIsFree()
    {
        await CreateSessionAsync(
            info: new()
            {
                Id = SessionId,
                Tags = ["tag"],
                CreatedAt = Time,
            }
        );
        var metadata = new Dictionary<string, JsonElement> { ["lang"] = JsonElement.Parse("\"en\"") };
        await StoreAsync(NewArtifact("a") with { Metadata = metadata }, NewArtifact("a"));
        await StoreAsync(NewResponse("key"));
        await TrashSessionAsync();

        var report = await PurgeAsync(Everything);

        (report.Sessions, report.Artifacts, report.Responses).Should().Be((1, 2, 1));
        (await Records.GetSessionAsync(SessionId)).Should().BeNull();
        (await Records.QuerySessionsAsync(new() { Tag = "tag", Trash = TrashFilter.Include })).Items.Should().BeEmpty();
        (await Records.QueryArtifactsAsync(null, new() { Trash = TrashFilter.Include })).Items.Should().BeEmpty();
        var store = () => StoreAsync(NewArtifact("a"));
        await store.Should().ThrowAsync<NotFoundException>().WithMessage($"*{SessionId}*");

        (await CreateSessionAsync()).Revision.Should().Be(1);
        var again = await StoreAsync(NewArtifact("a"));
        (again.ArtifactVersions[0], again.ArtifactSequences[0]).Should().Be((1, 1L));
        (await Records.FindResponseAsync(SessionId, "key")).Should().BeNull();
        var byMetadata = new ArtifactQuery { Metadata = new Dictionary<string, object?> { ["lang"] = JsonElement.Parse("\"en\"") } };
        (await Records.QueryArtifactsAsync(null, byMetadata)).Items.Should().BeEmpty();
        (await Records.QueryArtifactsAsync(SessionId, byMetadata)).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task PurgedVersionsAndSequences_AreNotGivenAgain()
    {
        await CreateSessionAsync();
        var (first, second) = (NewArtifact("a"), NewArtifact("a"));
        await StoreAsync(first, second);
        await TrashAsync(second);
        await PurgeAsync(Everything);
        await TrashAsync(first);
        await PurgeAsync(Everything);

        var result = await StoreAsync(NewArtifact("a"));

        (result.ArtifactVersions[0], result.ArtifactSequences[0]).Should().Be((3, 3L));
    }

    [Fact]
    public async Task UnusedContent_IsCondemnedAndDeletedAfterTheGracePeriod()
    {
        await CreateSessionAsync();
        var artifact = await StoreInlineAsync("a");
        await TrashAsync(artifact);
        var options = Everything with { GracePeriod = TimeSpan.FromMinutes(30) };

        (await PurgeAsync(options, Time)).Should().Be(new PurgeReport { Artifacts = 1, Condemned = 1 });
        (await PurgeAsync(options, Time.AddMinutes(29))).Should().Be(new PurgeReport { Condemned = 1 });
        (await Records.GetContentAsync(artifact.Digest))!.Inline.Should().NotBeNull("it can be read until it is deleted");
        (await PurgeAsync(options, Time.AddMinutes(30))).Should().Be(new PurgeReport { Contents = 1, Bytes = artifact.Size });
        (await Records.GetContentAsync(artifact.Digest)).Should().BeNull();
    }

    [Fact]
    public async Task CondemnedContentThatACommitCarries_IsInUseAgain()
    {
        await CreateSessionAsync();
        var (inline, large) = (await StoreInlineAsync("a"), await StoreLargeAsync(2));
        await TrashAsync(inline, large);
        var options = Everything with { GracePeriod = TimeSpan.FromMinutes(30) };
        (await PurgeAsync(options, Time)).Condemned.Should().Be(2);

        await StoreInlineAsync("a");
        await StoreLargeAsync(2);

        (await PurgeAsync(options, Time.AddYears(50))).Should().Be(new PurgeReport());
        (await Records.GetContentAsync(inline.Digest))!.Inline.Should().NotBeNull();
        (await Storage.Contents.ExistsAsync(large.Digest)).Should().BeTrue();
    }

    [Fact]
    public async Task ContentPurgedBeforeTheCommitThatNamesIt_FailsTheCommit()
    {
        await CreateSessionAsync();
        var bytes = new byte[100_000];
        var content = await Storage.Contents.WriteAsync(new MemoryStream(bytes));
        (await PurgeAsync(Everything)).Should().Be(new PurgeReport { Contents = 1, Bytes = 100_000 });
        var commit = NewCommit() with { Contents = [content], Artifacts = [NewArtifact("a")] };

        var early = async () => await Records.CommitAsync(commit);

        (await early.Should().ThrowAsync<ConflictException>()).Which.Guard.Should().Be("content.exists");
        (await Records.QueryArtifactsAsync(SessionId, new())).Items.Should().BeEmpty();
        await Storage.Contents.WriteAsync(new MemoryStream(bytes));
        (await Records.CommitAsync(commit)).ArtifactVersions.Should().Equal(1);
    }

    [Fact]
    public async Task DryRun_ReportsWhatARunDeletes_AndChangesNothing()
    {
        await CreateSessionAsync();
        var (inline, large) = (await StoreInlineAsync("a"), await StoreLargeAsync(3));
        await StoreInlineAsync("kept");
        await TrashAsync(inline, large);
        await CreateSessionAsync("s-2");
        var text = Inline("of the other session");
        var other = NewArtifact("b", "of the other session") with { SessionId = "s-2" };
        await Records.CommitAsync(NewCommit("s-2") with { Contents = [text], Artifacts = [other], Responses = [NewResponse()] });
        await TrashSessionAsync("s-2");
        await Storage.Contents.WriteAsync(new MemoryStream(new byte[50_000]));

        var dry = await PurgeAsync(Everything with { DryRun = true });

        dry.IsDryRun.Should().BeTrue();
        (await Records.QueryArtifactsAsync(null, new() { Trash = TrashFilter.Only })).Items.Should().HaveCount(3);
        (await PurgeAsync(Everything with { DryRun = true })).Should().Be(dry);
        (await PurgeAsync(Everything)).Should().Be(dry with { IsDryRun = false });
        dry.Should()
            .Be(
                new PurgeReport
                {
                    IsDryRun = true,
                    Sessions = 1,
                    Artifacts = 3,
                    Responses = 1,
                    Contents = 4,
                    Bytes = inline.Size + large.Size + text.Size + 50_000,
                }
            );
        (await PurgeAsync(Everything)).Should().Be(new PurgeReport());
    }

    [Fact]
    public async Task ListsReadAcrossAPurge_GoOnWhereTheyWere()
    {
        await CreateSessionAsync();
        var artifacts = Enumerable.Range(0, 6).Select(i => NewArtifact($"a{i}")).ToArray();
        await StoreAsync(artifacts);
        var query = new ArtifactQuery { PageSize = 2 };
        var first = await Records.QueryArtifactsAsync(SessionId, query);
        await TrashAsync(artifacts[0], artifacts[2]);

        await PurgeAsync(Everything);

        var second = await Records.QueryArtifactsAsync(SessionId, query, first.Continuation);
        second.Items.Select(it => it.Id).Should().Equal(artifacts[3].Id, artifacts[4].Id);
    }

    private Task<PurgeReport> PurgeAsync(PurgeOptions options, DateTimeOffset? at = null) =>
        Storage.Maintenance.PurgeAsync(options, at ?? Time);

    private async Task<ArtifactRecord> StoreInlineAsync(string content)
    {
        var artifact = NewArtifact("inline", content);
        await Records.CommitAsync(NewCommit() with { Contents = [Inline(content)], Artifacts = [artifact] });
        return artifact;
    }

    private async Task<ArtifactRecord> StoreLargeAsync(byte first)
    {
        var bytes = new byte[100_000];
        bytes[0] = first;
        var content = await Storage.Contents.WriteAsync(new MemoryStream(bytes));
        var artifact = NewArtifact("large") with { Digest = content.Digest, Size = content.Size };
        await Records.CommitAsync(NewCommit() with { Contents = [content], Artifacts = [artifact] });
        return artifact;
    }

    private async Task TrashAsync(params ArtifactRecord[] artifacts) =>
        await Records.CommitAsync(
            NewCommit() with
            {
                ArtifactChanges = [.. artifacts.Select(it => new ArtifactChange(it.Id, ArtifactChangeKind.Trash))],
            }
        );

    private async Task TrashSessionAsync(string id = SessionId) =>
        await Records.CommitAsync(NewCommit(id) with { Session = (await Records.GetSessionAsync(id))! with { TrashedAt = Time } });
}
