using System.ComponentModel;
using Dossier;
using Microsoft.Extensions.AI;

namespace Cassette;

/// <summary>What is tested: an assistant of an editorial office.</summary>
internal sealed class Editor(Session session)
{
    private readonly IChatClient _chat = session.GetChatClient("openai/gpt-5.4-mini");

    public string Instructions { get; init; } =
        """
            You are an editor.
            Shorten what follows to one sentence.
            Keep the names in it.
            """.ReplaceLineEndings("\n");

    public async Task<string> ShortenAsync(string text)
    {
        var answer = await _chat.GetResponseAsync(
            [new(ChatRole.System, Instructions), new(ChatRole.User, text)],
            new() { MaxOutputTokens = 100 }
        );
        return answer.Text;
    }

    public async Task<string> AnswerAsync(string question)
    {
        var answer = await _chat.GetResponseAsync(question, new() { Tools = [AIFunctionFactory.Create(DueDate, "due_date")] });
        return answer.Text;
    }

    [Description("The day on which an article is due.")]
    private static string DueDate([Description("Its title.")] string title) => $"'{title}' is due on Friday.";
}
