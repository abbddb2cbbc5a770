namespace Dossier;

/// <summary>What a session does with a request that <see cref="SessionOptions.ReplayFrom"/> has no answer to.</summary>
public enum ReplayMode
{
    /// <summary>It goes out to the model, as without a replay. The default.</summary>
    Cached,

    /// <summary>It is an error (<see cref="ReplayMissException"/>): no model is called, whatever happens, and no key is needed.</summary>
    Only,
}
