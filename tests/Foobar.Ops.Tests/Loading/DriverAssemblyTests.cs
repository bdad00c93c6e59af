using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using System.Text.Json;
using System.Xml.Linq;
using Foobar.Ops.Drivers;
using Foobar.Ops.Loading;
using Foobar.Ops.PowerShell.Cmdlets;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Tests.Loading;

/// <summary>What is staged beside the library, who may know of it, and that it is loaded into the module's own context.</summary>
public sealed class DriverAssemblyTests
{
    private const string Drivers = "Foobar.Ops.Drivers";

    private static readonly string Framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    [Fact]
    public void Every_staged_assembly_but_the_library_and_the_cmdlets_is_of_the_module_s_own_context() =>
        Assert.Equal(
            ModuleLoadContext.Own.Concat(["Foobar.Ops", "Foobar.Ops.PowerShell"]).Order(StringComparer.Ordinal),
            Staged().Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal));

    [Fact]
    public void What_a_staged_assembly_references_is_staged_too_or_there_in_every_PowerShell()
    {
        string[] staged = [.. Staged()];

        Assert.Empty(
            from file in staged
            from name in References(file)
            where !staged.Any(other => Path.GetFileNameWithoutExtension(other) == name)
                && !File.Exists(Path.Combine(Framework, name + ".dll"))
                && name != "System.Management.Automation"
            select $"{Path.GetFileName(file)} references {name}, which is not staged");
    }

    [Fact]
    public void The_drivers_know_the_library_and_nobody_knows_the_drivers()
    {
        Assert.Contains("Foobar.Ops", typeof(DriverSet).Assembly.GetReferencedAssemblies().Select(name => name.Name));
        Assert.All(
            new[] { typeof(ModuleLoadContext).Assembly, typeof(GetFoobarServer).Assembly, typeof(Ops.Lab.Commands.UpCommand).Assembly },
            assembly => Assert.DoesNotContain(Drivers, assembly.GetReferencedAssemblies().Select(name => name.Name)));
    }

    [Fact]
    public void The_drivers_and_their_packages_are_loaded_into_the_module_s_own_context()
    {
        IDatabaseDriver driver = LoadedDrivers.Database;
        using System.Data.Common.DbConnection connection = driver.Create(new(
            "/nowhere", "app", Password: null, Encrypt: false, TimeSpan.FromSeconds(1)));

        Assert.All(
            new[] { driver.GetType(), connection.GetType() },
            type => Assert.Equal("Foobar.Ops", AssemblyLoadContext.GetLoadContext(type.Assembly)?.Name));
        Assert.Same(AssemblyLoadContext.GetLoadContext(typeof(IDatabaseDriver).Assembly), AssemblyLoadContext.Default);
    }

    [Fact]
    public void A_file_s_namespace_is_its_folder()
    {
        string root = Repository.File("src", Drivers);
        Assert.All(
            Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(root, file))
                .Where(file => file.Split('/', '\\')[0] is not ("obj" or "bin")),
            file => Assert.Contains(
                $"namespace {string.Join('.', Path.GetDirectoryName(file)!.Split('/', '\\').Prepend(Drivers)).TrimEnd('.')};",
                File.ReadAllText(Path.Combine(root, file)), StringComparison.Ordinal));
    }

    [Fact]
    public void Every_package_is_under_a_license_of_the_notices_and_in_them()
    {
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllText(Repository.File("src", Drivers, "obj", "project.assets.json")));
        string packages = assets.RootElement.GetProperty("packageFolders").EnumerateObject().First().Name;
        string notices = File.ReadAllText(Repository.File("module", "THIRD-PARTY-NOTICES.md"));
        JsonProperty[] libraries =
        [
            .. assets.RootElement.GetProperty("libraries")
                .EnumerateObject()
                .Where(library => library.Value.GetProperty("type").GetString() == "package"),
        ];

        Assert.NotEmpty(libraries);
        Assert.All(libraries, library =>
        {
            string folder = Path.Combine(packages, library.Value.GetProperty("path").GetString()!);
            XElement license = XDocument.Load(Assert.Single(Directory.GetFiles(folder, "*.nuspec")))
                .Descendants()
                .Single(element => element.Name.LocalName == "license");
            string notice = Assert.Single(
                notices.Split('\n'), line => line.Contains($"| `{library.Name.Split('/')[0]}` |", StringComparison.Ordinal));
            Assert.Contains(license.Value, new[] { "MIT", "Apache-2.0", "BSD-3-Clause", "LICENSE.txt" });
            Assert.Equal(license.Value == "Apache-2.0", notice.Contains("Apache License 2.0", StringComparison.Ordinal));
            Assert.Equal(license.Value == "LICENSE.txt", notice.Contains("public domain", StringComparison.Ordinal));
            Assert.Equal(license.Value == "BSD-3-Clause", notice.Contains("`Polly.Core`", StringComparison.Ordinal));
        });
        Assert.All(
            ModuleLoadContext.Own.Where(name => !name.StartsWith("Foobar.", StringComparison.Ordinal)),
            name => Assert.Contains($"| `{name}.dll` |", notices, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Staged() =>
        Directory.EnumerateFiles(
            Repository.File("output", "Foobar.Ops", typeof(ModuleLoadContext).Assembly.GetName().Version!.ToString(3), "bin"), "*.dll");

    private static IEnumerable<string> References(string file)
    {
        using PEReader image = new(File.OpenRead(file));
        MetadataReader metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
