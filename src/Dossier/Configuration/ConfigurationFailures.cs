using Microsoft.Extensions.Options;

namespace Dossier;

/// <summary>Collects what is wrong with the configuration, to report all of it at once.</summary>
internal sealed class ConfigurationFailures
{
    private readonly List<string> _messages = [];

    public IReadOnlyList<string> Messages => _messages;

    /// <param name="message">Subject, value, problem and remedy; without secrets.</param>
    public void Add(string message) => _messages.Add(message);

    /// <param name="setting">The setting at fault; its value is shown unless it is a secret.</param>
    /// <param name="problem">What is wrong, as the rest of a sentence.</param>
    /// <param name="remedy">What to do, as a sentence.</param>
    public void Add(Setting setting, string problem, string remedy) =>
        Add($"{setting.FullKey} = '{Secrets.Display(setting)}' ({setting.Origin}): {problem}. {remedy}");

    public void ThrowIfAny()
    {
        if (_messages.Count > 0)
            throw new ConfigurationException(_messages);
    }
}

/// <summary>Says each failure on a line of its own; the base puts them all on one.</summary>
/// <param name="failures">The failures; at least one.</param>
internal sealed class ConfigurationException(IReadOnlyList<string> failures)
    : OptionsValidationException(Setting.Section, typeof(SessionOptions), failures)
{
    public override string Message { get; } =
        failures.Count == 1 ? failures[0] : $"{failures.Count} settings are wrong:\n- {string.Join("\n- ", failures)}";
}
