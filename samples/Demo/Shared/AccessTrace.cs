using System.IO.Compression;

namespace McCache.Demo.Shared;

/// <summary>An access trace: the pages that occur in it, and the requests for them in the order they came.</summary>
internal sealed class AccessTrace
{
    /// <summary>Each page is a row of the database and a slot of the version board: this bounds both.</summary>
    private const int MaxPages = 1_000_000;

    private readonly Dictionary<string, int> _indexes = [];
    private readonly List<string> _pages = [];
    private readonly List<int> _requests = [];

    private AccessTrace(string name) => Name = name;

    public string Name { get; }

    /// <summary>The distinct pages, in the order of their first request.</summary>
    public IReadOnlyList<string> Pages => _pages;

    /// <summary>The requests, as indexes of <see cref="Pages"/>.</summary>
    public IReadOnlyList<int> Requests => _requests;

    /// <summary>
    /// The entries each silo's cache may hold: a quarter of the pages, so that eviction has work to do; all of them where the copies are compared, for each silo evicts what it
    /// likes.
    /// </summary>
    public int CacheCapacity(Coherence coherence) => coherence == Coherence.Replicate ? Pages.Count : Math.Max(1, Pages.Count / 4);

    /// <summary>The index of a page of this trace.</summary>
    public int IndexOf(string page) => _indexes[page];

    /// <summary>Reads a text file with one page a line, gzip-compressed or not. Blank lines are skipped.</summary>
    /// <exception cref="InvalidDataException">The file is no such trace; the message says why.</exception>
    public static AccessTrace Read(string file)
    {
        var trace = new AccessTrace(Path.GetFileName(file).Split('.')[0]);
        using var text = new StreamReader(Open(file));
        while (text.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
                trace.Add(line.Trim());
        }

        return trace.Requests.Count > 0 ? trace : throw new InvalidDataException($"The trace '{file}' has no request in it.");
    }

    private void Add(string page)
    {
        if (!_indexes.TryGetValue(page, out var index))
        {
            if (_pages.Count == MaxPages)
                throw new InvalidDataException($"The trace '{Name}' has more than {MaxPages} distinct pages; the demo takes no more.");
            index = _pages.Count;
            _indexes.Add(page, index);
            _pages.Add(page);
        }

        _requests.Add(index);
    }

    /// <summary>Tells gzip by its first two bytes, not by the file's name.</summary>
    private static Stream Open(string file)
    {
        var stream = File.OpenRead(file);
        var isGzip = stream.ReadByte() == 0x1f && stream.ReadByte() == 0x8b;
        stream.Position = 0;
        return isGzip ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }
}
