using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Dossier.Storage;

namespace Dossier.Benchmarks.Storage;

/// <summary>A stream of 1 GiB, stored as an artifact, Full: how fast, and in how much memory.</summary>
internal static class StreamLarge
{
    public const string Command = "large-stream";
    private const long Size = 1L << 30;
    private const int BufferSize = 128 * 1024;
    private const double MiB = 1 << 20;

    public static Ratio Speed { get; } =
        new("stream.large", "×", "copying the same bytes to a synced file and hashing them with SHA-256", Goal.Min(0.8), MeasureSpeedAsync);

    public static Ratio Memory { get; } =
        new("stream.memory", "MiB", "growth of the peak working set of a process of its own", Goal.Max(32), MeasureMemoryAsync);

    /// <summary>The process whose memory is measured: prints how many bytes its peak has grown by.</summary>
    public static async Task StoreAsync(string directory)
    {
        await using var storage = new LocalStorage(directory);
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        // What every first artifact of a process takes is not what its size takes.
        await session.StoreArtifactAsync("first", new PatternStream(1, 1 << 20));
        var before = Peak();
        await session.StoreArtifactAsync("large", new PatternStream(2, Size));
        Console.WriteLine(Peak() - before);
    }

    private static async Task<Measured> MeasureSpeedAsync(string directory)
    {
        await using var storage = new LocalStorage(Path.Combine(directory, "store"), new() { Durability = Durability.Full });
        await using var store = new SessionStore(storage);
        await using var session = await store.OpenAsync();
        return await Measure.RatioAsync(
            3,
            async round =>
            {
                Artifact? artifact = null;
                var seconds = await Measure.SecondsAsync(async () =>
                    artifact = await session.StoreArtifactAsync($"large-{round}", new PatternStream(round, Size))
                );
                await storage.Contents.DeleteAsync(artifact!.Digest); // so that a few GiB of disk are enough
                return Size / seconds;
            },
            round => Task.FromResult(Size / CopySeconds(Path.Combine(directory, "copy"), round))
        );
    }

    private static double CopySeconds(string path, int round)
    {
        var seconds = Measure.Seconds(() =>
        {
            using var source = new PatternStream(round, Size);
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[BufferSize];
            var at = 0L;
            for (int read; (read = source.Read(buffer)) > 0; at += read)
            {
                hash.AppendData(buffer, 0, read);
                RandomAccess.Write(file, buffer.AsSpan(0, read), at);
            }
            hash.GetHashAndReset();
            RandomAccess.FlushToDisk(file);
        });
        File.Delete(path);
        return seconds;
    }

    private static async Task<Measured> MeasureMemoryAsync(string directory)
    {
        using var child = Child.Start(Command, directory);
        var growth = long.Parse(await Child.ReadLineAsync(child), CultureInfo.InvariantCulture);
        await child.WaitForExitAsync();
        return growth / MiB;
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>Bytes that cost nothing to make and differ from seed to seed: one block over and over, its first bytes counted up.</summary>
    private sealed class PatternStream(int seed, long length) : Stream
    {
        private readonly byte[] _block = Block(seed);
        private long _at;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var inBlock = (int)(_at % _block.Length);
            if (inBlock == 0)
                BitConverter.TryWriteBytes(_block, _at);
            var count = (int)Math.Min(Math.Min(buffer.Length, _block.Length - inBlock), length - _at);
            _block.AsSpan(inBlock, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private static byte[] Block(int seed)
        {
            var block = new byte[1 << 20];
            new Random(seed).NextBytes(block);
            return block;
        }
    }
}
