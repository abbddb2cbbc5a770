namespace Dossier.Tests;

/// <summary>A redactor that fails at what it does not understand.</summary>
internal sealed class FailingRedactor(string on) : IRedactor
{
    public IEnumerable<RedactedSpan> Find(string text) =>
        text.Contains(on, StringComparison.Ordinal) ? throw new FormatException($"no idea what '{text}' is") : [];
}
