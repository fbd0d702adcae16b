using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace McCache.House.Tests;

/// <summary>The C# in the README and in docs/ compiles. A block is a file of its own; what it may take for granted stands in <see cref="Prelude"/>.</summary>
public sealed partial class SnippetTests
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using McCache;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Mvc;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Orleans;
        global using Orleans.Concurrency;
        global using Orleans.Hosting;
        global using Orleans.Runtime;
        global using Orleans.Streams;
        """;

    private const string Prelude = """
        public sealed record Product(string Id, string Name);
        public sealed class Db
        {
            public Task<Product> LoadProductAsync(string id, CancellationToken token) => Task.FromResult(new Product(id, ""));
            public Task SaveProductAsync(Product product) => Task.CompletedTask;
        }
        """;

    public static TheoryData<string> Pages => [.. Repository.Files(".", "*.md").Select(path => Path.GetRelativePath(Repository.Root, path)).Where(HasSnippets)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Snippets_compile(string page)
    {
        foreach (var (snippet, index) in Snippets(page).Select((snippet, index) => (snippet, index)))
        {
            var isProgram = !snippet.Contains("class ", StringComparison.Ordinal) && !snippet.Contains("interface ", StringComparison.Ordinal);
            var compilation = CSharpCompilation.Create(
                "Snippet",
                new[] { Usings, Prelude, snippet }.Select(text => CSharpSyntaxTree.ParseText(text)),
                References(),
                new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
            var errors = compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToArray();
            Assert.True(errors.Length == 0, $"{page}, C# block {index + 1}:\n{string.Join('\n', errors.AsEnumerable())}\n{snippet}");
        }
    }

    private static bool HasSnippets(string page) => Snippets(page).Any();

    private static IEnumerable<string> Snippets(string page)
        => Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))).Select(match => match.Groups[1].Value);

    private static IEnumerable<MetadataReference> References()
        => ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));

    [GeneratedRegex(@"^```csharp\r?\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
