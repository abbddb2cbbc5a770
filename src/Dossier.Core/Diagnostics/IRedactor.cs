namespace Dossier;

/// <summary>
/// Finds what must not be kept, for example the numbers of accounts or the names of patients. Dossier takes it out of every text before
/// that is stored, logged or exported: see <see cref="SessionOptions.Redactors"/>. It is used from several threads at the same time.
/// </summary>
public interface IRedactor
{
    /// <summary>
    /// Finds the parts of a text that are to be taken out. The text is whatever Dossier is about to write, from a single word to a whole
    /// document, in which keys and tokens are masked already; a string of JSON comes by itself and decoded. Names are given to it when
    /// they are stored and when they are looked up, so that the same text has to give the same parts.
    /// </summary>
    /// <param name="text">The text; never empty.</param>
    /// <returns>The parts, in any order; those that overlap go together. None when there is nothing to take out.</returns>
    /// <remarks>What it throws becomes a <see cref="RedactionException"/>: the write fails, and nothing of the text is stored.</remarks>
    IEnumerable<RedactedSpan> Find(string text);
}

/// <summary>A part of a text that is taken out before the text is kept.</summary>
/// <param name="Start">Where it begins, counted in characters from 0.</param>
/// <param name="Length">How many characters it has, 1 or more.</param>
/// <param name="Kind">
/// What kind of thing it is, in a word of your own such as <c>iban</c>. It is recorded and logged, so it must not say the thing itself.
/// </param>
/// <param name="Replacement">
/// What stands there instead; null for <c>[masked]</c>. The redactor that gave it must not find it again: text may pass through several times.
/// </param>
public readonly record struct RedactedSpan(int Start, int Length, string Kind, string? Replacement = null);
