using System.Text.RegularExpressions;
using Dossier;
using Microsoft.Extensions.AI;

await using var session = await Session.OpenAsync(
    new()
    {
        Name = "Redact",
        Model = "local/extractive",
        Redactors = { new CustomerNumbers() },
    }
);

var letter = "Customer C-10042 asks for a refund. The parcel of C-10042 came too late. The key is sk-proj-abcDEF123456_7890.";
var answer = await session.GetChatClient().GetResponseAsync($"Summarise this in 1 sentence. {letter}");
Console.WriteLine($"the caller gets: {answer.Text}");

var response = await session.Responses.ListAsync().FirstAsync();
Console.WriteLine($"what is kept:    {(await session.Responses.ReadMessagesAsync(response))[0].Text}");
foreach (var redaction in response.Redactions)
    Console.WriteLine(redaction);

var note = await session.StoreArtifactAsync("note on C-10042", letter);
Console.WriteLine($"{note.Name}: {await note.ReadTextAsync()}");
Console.WriteLine((await session.FindArtifactAsync("note on C-10042"))!.Version);

internal sealed partial class CustomerNumbers : IRedactor
{
    public IEnumerable<RedactedSpan> Find(string text) =>
        Pattern().Matches(text).Select(match => new RedactedSpan(match.Index, match.Length, "customer-number"));

    [GeneratedRegex(@"\bC-[0-9]{5}\b")]
    private static partial Regex Pattern();
}
