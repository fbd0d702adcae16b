using System.Text.Json;
using System.Text.Json.Serialization;

namespace McCache.Dashboard;

/// <summary>How the dashboard writes JSON, whatever the host's own options are: the page reads it.</summary>
internal static class Json
{
    internal static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}
