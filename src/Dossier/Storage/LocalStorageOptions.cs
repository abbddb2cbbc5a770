using Microsoft.Extensions.Logging;

namespace Dossier.Storage;

/// <summary>How a <see cref="LocalStorage"/> keeps what it is given.</summary>
public sealed class LocalStorageOptions
{
    /// <summary>What a write has survived when its task completes.</summary>
    /// <value><see cref="Durability.Full"/> by default.</value>
    public Durability Durability { get; set; } = Durability.Full;

    /// <summary>The largest content, in bytes, that is kept in the database; larger content becomes a file of its own.</summary>
    /// <value>0 to 1,048,576; 65,536 by default: below it a file costs more to write and to read than a row (<c>store.inline</c> in docs/performance.md).</value>
    public int InlineLimit { get; set; } = 64 * 1024;

    /// <summary>
    /// Whether new artifacts are indexed for searching once a second while the store is open, so that a search finds little left to do.
    /// Otherwise a search indexes what is new, and nothing does before it.
    /// </summary>
    /// <value>False by default.</value>
    public bool IndexContinuously { get; set; }

    /// <summary>Where log messages go.</summary>
    /// <value>Null by default: nowhere.</value>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>The clock by which what a crash left behind is known to be old, and waiting for another process ends after 30 seconds.</summary>
    /// <value>Null by default, which means <see cref="System.TimeProvider.System"/>.</value>
    public TimeProvider? TimeProvider { get; set; }
}
