namespace Dossier.Storage;

/// <summary>A commit's result in a few bytes (LEB128 numbers), kept so that a repeated commit can be answered.</summary>
internal static class CommitResultCode
{
    private const int LongestNumber = 10;

    public static byte[] Encode(CommitResult result)
    {
        var artifacts = result.ArtifactVersions.Count;
        var responses = result.ResponseSequences.Count;
        var numbers = 4 + (artifacts * 2) + responses + (result.Conversations.Count * 5);
        Span<byte> buffer = numbers <= 25 ? stackalloc byte[25 * LongestNumber] : new byte[numbers * LongestNumber];
        var length = 0;
        Write(buffer, ref length, result.Revision);
        Write(buffer, ref length, artifacts);
        for (var i = 0; i < artifacts; i++)
        {
            Write(buffer, ref length, result.ArtifactVersions[i]);
            Write(buffer, ref length, result.ArtifactSequences[i]);
        }
        Write(buffer, ref length, responses);
        for (var i = 0; i < responses; i++)
            Write(buffer, ref length, result.ResponseSequences[i]);
        // Not there in what earlier versions wrote, and left out where there are none.
        foreach (var (first, headMoved, head) in result.Conversations)
        {
            Write(buffer, ref length, headMoved ? 1 : 0);
            Write(buffer, ref length, first);
            Write(buffer, ref length, head);
        }
        return buffer[..length].ToArray();
    }

    public static CommitResult Decode(ReadOnlySpan<byte> code)
    {
        var revision = Read(ref code);
        var versions = new int[Read(ref code)];
        var artifactSequences = new long[versions.Length];
        for (var i = 0; i < versions.Length; i++)
            (versions[i], artifactSequences[i]) = ((int)Read(ref code), Read(ref code));
        var responseSequences = new long[Read(ref code)];
        for (var i = 0; i < responseSequences.Length; i++)
            responseSequences[i] = Read(ref code);
        var conversations = new List<ConversationResult>();
        while (!code.IsEmpty)
        {
            var headMoved = Read(ref code) == 1;
            conversations.Add(new(ReadMessage(ref code), headMoved, ReadMessage(ref code)));
        }
        return new()
        {
            Revision = revision,
            ArtifactVersions = versions,
            ArtifactSequences = artifactSequences,
            ResponseSequences = responseSequences,
            Conversations = conversations,
        };
    }

    /// <summary>No run has the number 0.</summary>
    private static void Write(Span<byte> buffer, ref int length, MessageId? message)
    {
        Write(buffer, ref length, message?.Run ?? 0);
        if (message is { } id)
            Write(buffer, ref length, id.Depth);
    }

    private static MessageId? ReadMessage(ref ReadOnlySpan<byte> code) =>
        Read(ref code) is var run and > 0 ? new MessageId(run, (int)Read(ref code)) : null;

    private static void Write(Span<byte> buffer, ref int length, long value)
    {
        for (var rest = (ulong)value; ; rest >>= 7)
        {
            buffer[length++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80)
                return;
        }
    }

    private static long Read(ref ReadOnlySpan<byte> code)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = code[0];
            code = code[1..];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return (long)value;
        }
    }
}
