using Dossier.Storage;
using Microsoft.Extensions.AI;

namespace Dossier.ChildProcess;

/// <summary>Writes the store that is kept under tests/ for every released version: something of everything, and little of it.</summary>
internal static class Keeping
{
    public static async Task WriteStoreAsync(string path)
    {
        await using var storage = new LocalStorage(path, new() { InlineLimit = 4096 });
        await using var store = new SessionStore(storage);
        await WriteCompletedAsync(storage);
        await using var failed = await store.OpenAsync(new() { SessionId = "kept-failed" });
        await failed.StoreArtifactAsync("empty", ReadOnlyMemory<byte>.Empty, "binary", role: ArtifactRole.Input);
        await failed.FailAsync("it was meant to fail");
        await WriteActiveAsync(storage);
    }

    private static async Task WriteActiveAsync(LocalStorage storage)
    {
        await using var session = await Session.OpenAsync(
            new()
            {
                Storage = storage,
                SessionId = "kept-active",
                Model = "local/extractive",
            }
        );
        var talk = session.Conversation("talk");
        await talk.AppendAsync([
            new(ChatRole.System, "Be brief."),
            new(ChatRole.User, [new TextContent("What is this?"), new DataContent(new byte[] { 1, 2, 3 }, "image/png")])
            {
                AuthorName = "Ada",
            },
            new(
                ChatRole.Assistant,
                [
                    new TextReasoningContent("Look."),
                    new FunctionCallContent("c-1", "look", new Dictionary<string, object?> { ["closely"] = true }),
                ]
            ),
            new(ChatRole.Tool, [new FunctionResultContent("c-1", "a pump")]),
        ]);
        await talk.SendAsync("The pump failed at noon. It was repaired by one.");
        await talk.UndoAsync();
        await talk.SendAsync("The valve failed at noon. It was repaired by two.");

        var note = await session.StoreArtifactAsync("style", "short");
        var runs = 0;
        var step = new StepOptions
        {
            Version = "2",
            MaxAttempts = 2,
            ArtifactName = "report",
        };
        await session.StepAsync(
            "report",
            ["one", 2],
            async token =>
            {
                await session.StepAsync("part", [true], _ => Task.FromResult(note), cancellationToken: token);
                await note.ReadTextAsync(token);
                return ++runs == 1 ? throw new TimeoutException("too late") : new Dictionary<string, int[]> { ["pages"] = [1, 2, 3] };
            },
            step
        );
        try
        {
            await session.StepAsync("fail", [], Task<int> (_) => throw new InvalidOperationException("it was meant to fail"));
        }
        catch (InvalidOperationException)
        {
            // That is what is kept.
        }
    }

    private static async Task WriteCompletedAsync(LocalStorage storage)
    {
        await using var session = await Session.OpenAsync(
            new()
            {
                Storage = storage,
                SessionId = "kept-completed",
                Name = "Kept näme 😀",
                Tags = ["one", "two"],
                Model = "local/extractive",
                ApplicationVersion = "1.2.3",
            }
        );
        var note = await session.StoreArtifactAsync("note", "The first version. It is short.", role: ArtifactRole.Input);
        await session.StoreArtifactAsync("note", "The second version.");
        var metadata = new Dictionary<string, object?>
        {
            ["lang"] = "en",
            ["pages"] = 3,
            ["ratio"] = 0.5,
            ["draft"] = false,
            ["editor"] = null,
        };
        await session.StoreArtifactAsync("data", """{"rows":[1,2,3]}""", "json", metadata);
        var large = Enumerable.Range(0, 5_000).Select(i => (byte)(i % 251)).ToArray();
        await session.StoreArtifactAsync("large", new MemoryStream(large), "png", role: ArtifactRole.Output);

        var answer = await session
            .GetChatClient()
            .GetResponseAsync([new ChatMessage(ChatRole.User, [await note.AsContentAsync()])], new() { Temperature = 0.25f });
        await session.StepAsync("answer", [note, 1], token => session.StoreArtifactAsync("answer", answer.Text, cancellationToken: token));
        await session.Responses.TrackAsync(
            "own",
            new()
            {
                Success = false,
                Provider = "acme",
                RequestedModel = "m-1",
                ServedModel = "m-1-2026-01-01",
                Usage = new()
                {
                    Input = 10,
                    CachedInput = 20,
                    CacheWrite = 30,
                    Output = 40,
                    Reasoning = 50,
                },
                Duration = TimeSpan.FromMilliseconds(1234),
                FinishReason = "length",
                Error = new()
                {
                    Type = "System.TimeoutException",
                    Message = "too late",
                    StatusCode = 504,
                    IsTransient = true,
                },
                Metadata = new Dictionary<string, object?> { ["rows"] = 3 },
            }
        );
        await session.CompleteAsync();
    }
}
