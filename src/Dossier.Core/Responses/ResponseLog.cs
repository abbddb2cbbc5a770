namespace Dossier;

/// <summary>x</summary>
public sealed class ResponseLog
{
    /// <summary>x</summary>
    public static void TrackAsync() { }

    /// <summary>x</summary>
    public static void ReadRequestAsync() { }

    /// <summary>x</summary>
    public static void ReadMessagesAsync() { }
}
