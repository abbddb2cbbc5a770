using System.Text;

namespace Dossier;

/// <summary>What a model reads or writes.</summary>
[Flags]
public enum Modalities
{
    /// <summary>None of the others, as with the output of an embedding model.</summary>
    None = 0,

    /// <summary>Text.</summary>
    Text = 1,

    /// <summary>Images.</summary>
    Image = 2,

    /// <summary>Sound and speech.</summary>
    Audio = 4,

    /// <summary>Video.</summary>
    Video = 8,

    /// <summary>PDF documents, as they are.</summary>
    Pdf = 16,
}

internal static class ModalitiesText
{
    private static readonly Modalities[] s_all = [Modalities.Text, Modalities.Image, Modalities.Audio, Modalities.Video, Modalities.Pdf];

    public static string Of(Modalities? modalities)
    {
        if (modalities is not { } known)
            return "unknown";
        var text = new StringBuilder();
        foreach (var one in s_all)
        {
            if (known.HasFlag(one))
                text.Append(text.Length == 0 ? "" : ", ").Append(NameOf(one));
        }
        return text.Length == 0 ? "none" : text.ToString();
    }

    /// <summary>The modality of that name; none when it is not known.</summary>
    public static Modalities Parse(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("text"u8) ? Modalities.Text
        : name.SequenceEqual("image"u8) ? Modalities.Image
        : name.SequenceEqual("pdf"u8) ? Modalities.Pdf
        : name.SequenceEqual("audio"u8) ? Modalities.Audio
        : name.SequenceEqual("video"u8) ? Modalities.Video
        : Modalities.None;

    private static string NameOf(Modalities modality) =>
        modality switch
        {
            Modalities.Text => "text",
            Modalities.Image => "image",
            Modalities.Audio => "audio",
            Modalities.Video => "video",
            _ => "pdf",
        };
}
