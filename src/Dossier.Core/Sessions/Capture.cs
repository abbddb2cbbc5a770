using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>What is kept of the texts that a session sends and gets: its messages, options and arguments of tools, and what errors say.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Capture>))]
public enum Capture
{
    /// <summary>All of it, without keys and what redactors find. The default.</summary>
    Full,

    /// <summary>
    /// The digests of it, and no text: records say who was called, when, what it took and how it ended. Artifacts, results of steps, names and
    /// metadata are stored by the caller, and kept. A conversation cannot be continued, and the session cannot be replayed.
    /// </summary>
    DigestsOnly,
}
