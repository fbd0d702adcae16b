using System.Xml.Linq;

namespace McCache.House.Tests;

/// <summary>A lower floor never knows a higher one.</summary>
public sealed class FloorPlanTests
{
    private static readonly Dictionary<string, string[]> s_mayReference = new()
    {
        ["Abstractions"] = [],
        ["Core"] = ["Abstractions"],
        ["Streaming"] = ["Abstractions"],
        ["Client"] = ["Core", "Streaming"],
        ["Grains"] = ["Client"],
        ["Silo"] = ["Grains"],
        ["Security"] = ["Abstractions"],
        ["Dashboard"] = ["Abstractions"], // beside the others: all that it takes is a client of the cluster
    };

    [Fact]
    public void Every_project_references_only_the_floor_below()
    {
        var projects = Repository.Files("src", "*.csproj").ToDictionary(path => Path.GetFileNameWithoutExtension(path), References);
        Assert.Equal(s_mayReference.Keys.Order(), projects.Keys.Order());
        Assert.All(projects, project => Assert.Equal(s_mayReference[project.Key].Order(), project.Value.Order()));
    }

    [Fact]
    public void Core_knows_no_Orleans_runtime()
        => Assert.DoesNotContain(Repository.Files("src/Core", "*.cs"), path => File.ReadAllText(path).Contains("Orleans.Runtime", StringComparison.Ordinal));

    [Fact]
    public void Every_source_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "McCache.sln"));
        Assert.All(
            Repository.Files(".", "*.csproj"),
            path => Assert.Contains(Path.GetRelativePath(Repository.Root, path).Replace('/', '\\'), solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Package_versions_are_central()
        => Assert.DoesNotContain(
            Repository.Files(".", "*.csproj"),
            path => XDocument.Load(path).Descendants("PackageReference").Any(reference => reference.Attribute("Version") is not null));

    private static string[] References(string project)
        => [.. XDocument.Load(project).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))];
}
