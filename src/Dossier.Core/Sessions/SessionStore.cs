namespace Dossier;

/// <summary>x</summary>
public sealed class SessionStore { }
