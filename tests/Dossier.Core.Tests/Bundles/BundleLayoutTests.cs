using System.IO.Compression;

namespace Dossier.Tests.Bundles;

/// <summary>What is larger, further behind or more than the old zip format has room for is found by ordinary tools.</summary>
public sealed class BundleLayoutTests
{
    private const long Large = 5L << 30;

    [Fact]
    public void LargeEntryAndOneBehindIt_AreFound()
    {
        var file = new ZeroFile();
        file.Add("large", Large);
        file.Add("far", 3);
        file.End();

        using var zip = new ZipArchive(file.ToStream());

        zip.Entries.Select(entry => (entry.FullName, entry.Length)).Should().Equal(("large", Large), ("far", 3L));
        using var far = zip.GetEntry("far")!.Open();
        far.ReadByte().Should().Be(0);
    }

    [Fact]
    public void MoreEntriesThanFitInTwoBytes_AreFound()
    {
        const int Count = 70_000;
        var file = new ZeroFile();
        for (var i = 0; i < Count; i++)
            file.Add($"{i}", 0);
        file.End();

        using var zip = new ZipArchive(file.ToStream());

        zip.Entries.Should().HaveCount(Count);
        zip.Entries[^1].FullName.Should().Be($"{Count - 1}");
    }

    /// <summary>A file whose entries are zeros, which take no memory.</summary>
    private sealed class ZeroFile
    {
        private readonly List<(long At, byte[] Bytes)> _pieces = [];
        private readonly List<byte> _directory = [];
        private long _length;
        private int _entries;

        public void Add(string name, long size)
        {
            _directory.AddRange(BundleLayout.InDirectory(name, size, crc: 0, _length, isStreamed: true));
            Add(BundleLayout.Header(name, size, crc: null));
            _length += size;
            Add(BundleLayout.Descriptor(size, crc: 0));
            _entries++;
        }

        public void End()
        {
            var directory = _length;
            Add([.. _directory]);
            Add(BundleLayout.End(_entries, directory, _directory.Count));
        }

        public SparseStream ToStream() => new SparseStream(_pieces, _length);

        private void Add(byte[] bytes)
        {
            _pieces.Add((_length, bytes));
            _length += bytes.Length;
        }
    }
}
