namespace McCache.Streaming.Tests;

/// <summary>Frames as they lie in a batch.</summary>
internal static class Frames
{
    internal static byte[] Pack(params Frame[] frames) => FrameWriter.Pack(frames, frames.Sum(frame => frame.Size));
}
