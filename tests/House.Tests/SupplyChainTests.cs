using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Xml.Linq;

namespace McCache.House.Tests;

/// <summary>What is built comes from where it should, and says what is in it.</summary>
public sealed class SupplyChainTests
{
    private static readonly string s_configuration = typeof(SupplyChainTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    [Fact]
    public void Every_project_has_a_lock_file_with_a_hash_for_each_package()
        => Assert.All(Repository.Files(".", "*.csproj"), project =>
        {
            using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json")));
            var packages = file.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject())
                .Where(package => package.Value.GetProperty("type").GetString() != "Project").ToArray();
            Assert.NotEmpty(packages);
            Assert.All(packages, package => Assert.NotEmpty(package.Value.GetProperty("contentHash").GetString()!));
        });

    [Fact]
    public void Packages_come_from_one_source_whatever_a_machine_knows()
    {
        var mapping = XDocument.Load(Path.Combine(Repository.Root, "nuget.config")).Root!.Element("packageSourceMapping")!;
        Assert.NotNull(mapping.Element("clear"));
        var source = Assert.Single(mapping.Elements("packageSource"));
        Assert.Equal(("nuget.org", "*"), (source.Attribute("key")!.Value, Assert.Single(source.Elements("package")).Attribute("pattern")!.Value));
    }

    [Fact]
    public void What_is_built_depends_on_the_sources_alone()
        => Assert.All(Directory.EnumerateFiles(AppContext.BaseDirectory, "McCache.*.dll"), path =>
        {
            using var file = new PEReader(File.OpenRead(path));
            Assert.Contains(file.ReadDebugDirectory(), entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        });

    [Fact]
    public async Task Package_brings_its_bill_of_materials()
    {
        var folder = Directory.CreateTempSubdirectory("mccache-pack-").FullName;
        try
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", ["pack", Path.Combine(Repository.Root, "src", "Security"), "--configuration", s_configuration, "--no-build", "--output", folder])
            {
                RedirectStandardOutput = true,
            })!;
            var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, said);
            await using var package = await ZipFile.OpenReadAsync(Assert.Single(Directory.GetFiles(folder, "*.nupkg")), TestContext.Current.CancellationToken);
            await using var bill = await package.GetEntry("sbom/bom.json")!.OpenAsync(TestContext.Current.CancellationToken);
            using var document = await JsonDocument.ParseAsync(bill, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal("CycloneDX", document.RootElement.GetProperty("bomFormat").GetString());
            Assert.Equal("McCache.Security", document.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("name").GetString());
            Assert.Contains(document.RootElement.GetProperty("components").EnumerateArray(), component => component.GetProperty("name").GetString() == "Microsoft.Orleans.Connections.Security");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
