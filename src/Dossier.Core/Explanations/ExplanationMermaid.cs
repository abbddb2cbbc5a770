using System.Globalization;
using System.Text;

namespace Dossier;

/// <summary>Draws an explanation as a flowchart in Mermaid (https://mermaid.js.org/syntax/flowchart.html): what depends stands above what it depends on.</summary>
internal static class ExplanationMermaid
{
    public static string Format(Explanation explanation)
    {
        var text = new StringBuilder("flowchart TD");
        var numbers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in explanation.Nodes)
        {
            var number = string.Create(CultureInfo.InvariantCulture, $"n{numbers.Count + 1}");
            numbers.Add(node.Id, number);
            text.Append("\n    ").Append(number).Append(Shape(node, Escape($"{numbers.Count}. {node}")));
        }
        foreach (var link in explanation.Links)
            text.Append(CultureInfo.InvariantCulture, $"\n    {numbers[link.From]} -->|{Words(link.Relation)}| {numbers[link.To]}");
        return text.ToString();
    }

    private static string Shape(ExplanationNode node, string label) =>
        node switch
        {
            StepNode => $"[[\"{label}\"]]",
            ResponseNode => $"([\"{label}\"])",
            ValueNode => $"[/\"{label}\"/]",
            _ => $"[\"{label}\"]",
        };

    private static string Words(ExplanationRelation relation) =>
        relation switch
        {
            ExplanationRelation.AnswerOf => "answer of",
            ExplanationRelation.ResultOf => "result of",
            ExplanationRelation.TakenFrom => "taken from",
            ExplanationRelation.StoredIn => "stored in",
            ExplanationRelation.MadeWith => "made with",
            ExplanationRelation.MadeIn => "made in",
            _ => relation.ToString().ToLowerInvariant(),
        };

    /// <summary>Within quotes Mermaid knows entities, and takes these characters for its own or for HTML.</summary>
    private static string Escape(string label)
    {
        var text = new StringBuilder();
        foreach (var character in SummaryTable.OneLine(label))
            if (character is '"' or '<' or '>' or '#' or '&' or ';' or '`' || char.IsControl(character))
                text.Append(CultureInfo.InvariantCulture, $"#{(int)character};");
            else
                text.Append(character);
        return text.ToString();
    }
}
