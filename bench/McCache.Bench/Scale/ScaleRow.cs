namespace McCache.Bench.Scale;

/// <summary>What was found for a number of silos.</summary>
/// <param name="Silos">How many, the publisher included.</param>
/// <param name="Source">"measured", with silos in this process that reach each other through loopback, or "simulated", without a network.</param>
/// <param name="NsPerWrite">What the caller of a dictionary verb waits for it.</param>
/// <param name="CpuMicrosecondsPerWrite">Processor time of everybody, by the number of other silos.</param>
/// <param name="LaneBytesPerWrite">Bytes on the network, by the number of other silos; acknowledgements included when measured.</param>
/// <param name="PromiseMessagesPerSecond">Questions and answers in the whole cluster.</param>
/// <param name="MegabytesPerSilo">Managed memory that McCache adds to a silo.</param>
/// <param name="Ratio">Of <paramref name="NsPerWrite"/> to that with 2 silos, in the same rounds.</param>
internal sealed record ScaleRow(
    int Silos,
    string Source,
    double NsPerWrite,
    double CpuMicrosecondsPerWrite,
    double LaneBytesPerWrite,
    double PromiseMessagesPerSecond,
    double MegabytesPerSilo,
    double Ratio);
