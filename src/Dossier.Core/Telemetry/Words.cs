using System.Text;

namespace Dossier;

/// <summary>Names as telemetry has them.</summary>
internal static class Words
{
    /// <summary><c>CircuitOpen</c> becomes <c>circuit_open</c>.</summary>
    public static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }
        return text.ToString();
    }
}
