using System.Reflection;

namespace McCache.House.Tests;

/// <summary>Names on the wire: every serializable type and grain interface has an alias, and no two share one.</summary>
public sealed class WireTests
{
    private static readonly Assembly[] s_assemblies =
        [.. new[] { "Abstractions", "Core", "Streaming", "Client", "Grains", "Silo", "Security", "Dashboard" }.Select(name => Assembly.Load($"McCache.{name}"))];

    private static IEnumerable<Type> WireTypes
        => s_assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type =>
            type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true
            && (type.GetCustomAttribute<GenerateSerializerAttribute>(inherit: false) is not null || (type.IsInterface && type.IsAssignableTo(typeof(Orleans.Runtime.IAddressable)))));

    [Fact]
    public void Every_wire_type_has_an_alias_of_its_own()
    {
        var types = WireTypes.ToArray();
        Assert.NotEmpty(types);
        Assert.All(types, type => Assert.NotNull(type.GetCustomAttribute<AliasAttribute>(inherit: false)));
        var aliases = types.Select(type => type.GetCustomAttribute<AliasAttribute>(inherit: false)!.Alias).ToArray();
        Assert.Equal(aliases.Distinct(StringComparer.Ordinal), aliases);
        Assert.All(aliases, alias => Assert.StartsWith("McCache.", alias, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_grain_method_has_an_alias()
        => Assert.All(
            WireTypes.Where(type => type.IsInterface).SelectMany(type => type.GetMethods()),
            method => Assert.NotNull(method.GetCustomAttribute<AliasAttribute>(inherit: false)));
}
