namespace McCache.Streaming;

/// <summary>
/// Which numbers of a channel have come (RFC 6479): each passes once, in any order, unless it is too far behind the largest. A number that was sent is never sent again, so one that comes again was
/// recorded and replayed. Not thread-safe.
/// </summary>
internal sealed class ReplayWindow
{
    /// <summary>How far behind a number may be: more messages are never under way between two members.</summary>
    internal const int Size = 4096;

    private readonly ulong[] _seen = new ulong[Size / 64];
    private ulong _largest;

    /// <summary>Whether the number has not come yet.</summary>
    internal bool MayPass(ulong number) => number != 0 && (number > _largest || (_largest - number < Size && (Word(number) & Bit(number)) == 0));

    /// <summary>A message with this number has proved genuine.</summary>
    internal void Pass(ulong number)
    {
        if (number > _largest)
        {
            for (var skipped = Math.Min(number - _largest, Size); skipped > 0; skipped--)
                Word(number - skipped + 1) &= ~Bit(number - skipped + 1);
            _largest = number;
        }

        Word(number) |= Bit(number);
    }

    private ref ulong Word(ulong number) => ref _seen[number % Size / 64];

    private static ulong Bit(ulong number) => 1UL << (int)(number % 64);
}
