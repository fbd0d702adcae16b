using System.Text.Json.Serialization;

namespace McCache.Stress.Shared;

/// <summary>A place in a run, held by one process after another: a silo of the cluster, or a client outside it.</summary>
/// <param name="Index">From 0: first all silos, then all clients.</param>
/// <param name="Silos">How many silos there are.</param>
internal readonly record struct Place(int Index, int Silos)
{
    [JsonIgnore]
    public bool IsClient => Index >= Silos;

    /// <summary>From 1, among its kind.</summary>
    [JsonIgnore]
    public int Number => IsClient ? Index - Silos + 1 : Index + 1;

    public override string ToString() => $"{(IsClient ? "client" : "silo")} {Number}";
}
