namespace McCache.Bench.Subjects;

/// <summary>A key as programs write them; serialized by Orleans.</summary>
[GenerateSerializer, Immutable]
internal readonly record struct PlaceKey([property: Id(0)] int Country, [property: Id(1)] long Id);
