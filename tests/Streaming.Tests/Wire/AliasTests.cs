using System.Reflection;

namespace McCache.Streaming.Tests;

/// <summary>Names on the wire come from one table, and no two are the same.</summary>
public sealed class AliasTests
{
    private static readonly string[] s_table =
        [.. typeof(WireAliases).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(field => (string)field.GetRawConstantValue()!)];

    [Fact]
    public void Aliases_are_unique() => Assert.Equal(s_table.Distinct(StringComparer.Ordinal), s_table);

    [Fact]
    public void Every_wire_type_has_one_and_every_one_is_used()
    {
        var used = typeof(WireAliases).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(WireAliases).Namespace)
            .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null || (type.IsInterface && type.IsAssignableTo(typeof(IAddressable))))
            .Select(type => type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.Name);
        Assert.Equal(s_table.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal)!);
    }
}
