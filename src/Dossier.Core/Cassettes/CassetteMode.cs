namespace Dossier;

/// <summary>What is done with the file of a cassette.</summary>
public enum CassetteMode
{
    /// <summary>
    /// A cassette that is there is replayed; one that is not is recorded, except where the environment variable <c>CI</c> is <c>true</c>: there it is
    /// an error. The variable <c>DOSSIER_CASSETTES</c> decides before that: <c>record</c> or <c>replay</c>. The default.
    /// </summary>
    Auto,

    /// <summary>It is replayed: requests that it does not have throw <see cref="ReplayMissException"/>, and no network is touched.</summary>
    Replay,

    /// <summary>It is recorded anew: calls go out, and the file is written when the session is disposed.</summary>
    Record,
}
