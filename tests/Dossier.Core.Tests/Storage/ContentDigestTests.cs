using System.Security.Cryptography;
using CsCheck;
using Dossier.Storage;

namespace Dossier.Core.Tests.Storage;

public sealed class ContentDigestTests
{
    [Fact]
    public void Digest_IsTheSha256OfTheBytes() =>
        ContentDigest.Of("abc"u8).ToHex().Should().Be("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-4

    [Fact]
    public void BothDigests_AreThoseThatEachWouldHaveAlone() =>
        Gen
            .Byte.Array[0, 300]
            .SelectMany(bytes => Gen.Int[0, bytes.Length].Select(length => (bytes, length)))
            .Sample(it =>
            {
                var (whole, beginning) = ContentDigest.OfBoth(it.bytes, it.length);

                whole.ToArray().Should().Equal(SHA256.HashData(it.bytes));
                beginning.ToArray().Should().Equal(SHA256.HashData(it.bytes.AsSpan(0, it.length)));
                ContentDigest.Of(it.bytes).Should().Be(whole, "nothing of one is left in the next");
            });
}
