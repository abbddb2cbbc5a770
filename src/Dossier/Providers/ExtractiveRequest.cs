using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Dossier;

/// <summary>What a conversation asks the extractive summariser for.</summary>
/// <param name="Document">The text to summarise.</param>
/// <param name="Sentences">How many sentences to answer with.</param>
/// <remarks>
/// The document is the longest text of the last user message; its other texts are instructions, and so is a first line, last line
/// or leading clause that speaks of a summary or of a number of sentences. A message of nothing but instructions means the document
/// of the user message before it. The number of sentences is what the latest instruction says, then
/// <see cref="ChatOptions.Instructions"/>, then the system messages; else 5.
/// </remarks>
internal sealed partial record ExtractiveRequest(string Document, int Sentences)
{
    private const int DefaultSentences = 5;
    private const string Numbers = "one|two|three|four|five|six|seven|eight|nine|ten";
    private const string Key = @"\b(summary|summari[sz]e|tl;?dr|condense|shorten|(\d{1,2}|" + Numbers + @")\s(\w{1,20}\s)?sentences?)\b";
    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
    private const int TimeoutMilliseconds = 10_000;

    public static ExtractiveRequest Read(IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        var users = messages
            .Where(message => message.Role == ChatRole.User)
            .Reverse()
            .Select(Texts)
            .Where(texts => texts.Count > 0)
            .ToList();
        if (users.Count == 0)
            throw new ArgumentException("The extractive model needs a user message with text to summarise. Add one.", nameof(messages));
        var instructions = new List<string>();
        var document = "";
        foreach (var texts in users.TakeWhile(_ => document.Length == 0))
        {
            var longest = texts.MaxBy(text => text.Length)!;
            (var instruction, document) = Split(longest);
            instructions.AddRange(texts.Where(text => !ReferenceEquals(text, longest)));
            instructions.Add(instruction);
        }
        instructions.Add(options?.Instructions ?? "");
        instructions.AddRange(messages.Where(message => message.Role == ChatRole.System).Reverse().SelectMany(Texts));
        var sentences = instructions.Select(Count).FirstOrDefault(count => count > 0, DefaultSentences);
        return new(document.Length > 0 ? document : users[0].MaxBy(text => text.Length)!, sentences);
    }

    /// <summary>The texts of a message: text contents and attachments of a text type, read as UTF-8.</summary>
    public static IReadOnlyList<string> Texts(ChatMessage message) =>
        [.. message.Contents.Select(Text).Select(text => text.Trim()).Where(text => text.Length > 0)];

    private static string Text(AIContent content) =>
        content switch
        {
            TextContent text => text.Text,
            DataContent data when data.HasTopLevelMediaType("text") => Encoding.UTF8.GetString(data.Data.Span).TrimStart('\uFEFF'),
            _ => "",
        };

    private static (string Instruction, string Document) Split(string text)
    {
        var first = FirstLineOrClause().Match(text).Length;
        var last = text.LastIndexOf('\n');
        if (last < first || !LastLine().IsMatch(text.AsSpan(last)))
            last = text.Length;
        return (text[..first] + text[last..], text[first..last].Trim());
    }

    private static int Count(string instruction)
    {
        var number = SentenceCount().Match(instruction).Groups["n"].Value;
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : Array.FindIndex(Numbers.Split('|'), word => word.Equals(number, StringComparison.OrdinalIgnoreCase)) + 1;
    }

    [GeneratedRegex(@"\A(?!#)[^\n]{0,80}?" + Key + @"[^\n:]{0,120}(:\s+|\n|\z)", Options, TimeoutMilliseconds)]
    private static partial Regex FirstLineOrClause();

    [GeneratedRegex(@"\A\s*(?!#)[^\n]{0,80}?" + Key + @"[^\n]{0,120}\z", Options, TimeoutMilliseconds)]
    private static partial Regex LastLine();

    [GeneratedRegex(@"\b(?<n>\d{1,2}|" + Numbers + @")\s(\w{1,20}\s)?sentences?\b", Options, TimeoutMilliseconds)]
    private static partial Regex SentenceCount();
}
