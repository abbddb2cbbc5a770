namespace Dossier.Storage;

/// <summary>A commit's result in a few bytes (LEB128 numbers), kept so that a repeated commit can be answered.</summary>
internal static class CommitResultCode
{
    private const int LongestNumber = 10;

    public static byte[] Encode(CommitResult result)
    {
        var artifacts = result.ArtifactVersions.Count;
        var responses = result.ResponseSequences.Count;
        Span<byte> buffer = artifacts + responses < 8 ? stackalloc byte[256] : new byte[(3 + artifacts * 2 + responses) * LongestNumber];
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
        return new()
        {
            Revision = revision,
            ArtifactVersions = versions,
            ArtifactSequences = artifactSequences,
            ResponseSequences = responseSequences,
        };
    }

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
