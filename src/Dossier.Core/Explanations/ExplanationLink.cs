using System.Text.Json.Serialization;

namespace Dossier;

/// <summary>That one thing in an explanation depends on another.</summary>
/// <param name="From">The node that depends.</param>
/// <param name="To">The node that it depends on.</param>
/// <param name="Relation">How.</param>
public sealed record ExplanationLink(string From, string To, ExplanationRelation Relation);

/// <summary>How one thing depends on another.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExplanationRelation>))]
public enum ExplanationRelation
{
    /// <summary>An artifact or a value is the answer of a response.</summary>
    AnswerOf,

    /// <summary>An artifact is the result of a step.</summary>
    ResultOf,

    /// <summary>A value is the result that a step keeps as this artifact, or an element of it.</summary>
    TakenFrom,

    /// <summary>An artifact was stored in a step.</summary>
    StoredIn,

    /// <summary>
    /// An artifact is the result of a step that made this response on the way, or in which a nested step made this result, and it is not known
    /// to be the answer of any response.
    /// </summary>
    MadeWith,

    /// <summary>A response was made in a step.</summary>
    MadeIn,

    /// <summary>A response was sent an artifact.</summary>
    Sent,

    /// <summary>A response continues the conversation after another one.</summary>
    Continues,

    /// <summary>A response was answered by the record of another one.</summary>
    Replays,

    /// <summary>A step was given an artifact or a value.</summary>
    Given,

    /// <summary>A step read an artifact that it was not given.</summary>
    Read,
}
