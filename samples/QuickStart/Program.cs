using Dossier;
using Microsoft.Extensions.AI;

var (file, model) = ("README.md", "local/extractive");
var isNamed = false;
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--model" && i + 1 < args.Length)
        model = args[++i];
    else if (!isNamed && !args[i].StartsWith('-'))
        (file, isNamed) = (args[i], true);
    else
        return Fail("usage: dotnet run --project samples/QuickStart -- [FILE] [--model PROVIDER/MODEL]");
}
if (!isNamed)
    file = InRepository(file);
if (!File.Exists(file))
    return Fail($"There is no file '{file}'; name a text file to summarise.");

try
{
    await RunAsync(file, model);
    return 0;
}
catch (Exception e) when (e is DossierException or Microsoft.Extensions.Options.OptionsValidationException)
{
    return Fail(e.Message);
}

static async Task RunAsync(string file, string model)
{
    await using var session = await Session.OpenAsync(new() { Name = "Quick start", Model = model });
    try
    {
        await SummariseAsync(session, file);
    }
    catch (Exception e)
    {
        await session.FailAsync(e.Message);
        throw;
    }

    var earlier = await session.Store.ListSessionsAsync().Where(s => s.Id != session.Id).Take(10).ToListAsync();
    if (earlier.Count > 0)
        Console.WriteLine("\nEarlier sessions");
    foreach (var info in earlier)
        Console.WriteLine($"  {info.Id}  {info.Status.ToString().ToLowerInvariant()}  {info.Name}");
}

static async Task SummariseAsync(Session session, string file)
{
    var input = await session.StoreArtifactAsync("input", await File.ReadAllTextAsync(file), "markdown", role: ArtifactRole.Input);

    var fits = session.ValidateModelForTask(new TaskRequirements { MinContextTokens = input.Size / 3 });
    if (!fits)
        Console.WriteLine($"The model may not be fit for this task. {fits}\n");

    var chat = session.GetChatClient();
    var prompt = new ChatMessage(ChatRole.User, [new TextContent("Summarise this in 4 sentences."), await input.AsContentAsync()]);
    var answer = await chat.GetResponseAsync([prompt]);

    var output = await session.StoreArtifactAsync("summary", answer.Text, "markdown", role: ArtifactRole.Output);
    await session.CompleteAsync();

    Console.WriteLine(await output.ReadTextAsync());
    Console.WriteLine();
    Console.WriteLine(await session.GetSummaryAsync());
}

// A file at the root of the repository, from wherever the sample is run.
static string InRepository(string file)
{
    var directory = new DirectoryInfo(AppContext.BaseDirectory);
    while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Dossier.slnx")))
        directory = directory.Parent;
    return Path.Combine(directory?.FullName ?? Environment.CurrentDirectory, file);
}

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}
