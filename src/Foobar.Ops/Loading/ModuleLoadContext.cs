using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Foobar.Ops.Loading;

/// <summary>
/// The load context <c>Foobar.Ops</c> of the assemblies that another module may have too: the packages, and the drivers,
/// which name their types. The library and the cmdlets stand in the default context, where PowerShell loads them; a
/// package stands here, so that another module's copy of it, in any version, can be loaded beside it.
/// Each is loaded when it is first needed.
/// </summary>
public sealed class ModuleLoadContext : AssemblyLoadContext
{
    /// <summary>The simple names of the assemblies that are loaded into it.</summary>
    internal static readonly IReadOnlyList<string> Own =
    [
        "BouncyCastle.Cryptography",
        "Foobar.Ops.Drivers",
        "Microsoft.Extensions.DependencyInjection.Abstractions",
        "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Data.Sqlite",
        "MySqlConnector",
        "Polly.Core",
        "Renci.SshNet",
        "SQLitePCLRaw.batteries_v2",
        "SQLitePCLRaw.core",
        "SQLitePCLRaw.provider.e_sqlite3",
        "Spectre.Console",
        "YamlDotNet",
        "ZstdSharp",
    ];

    private static readonly Assembly Library = typeof(ModuleLoadContext).Assembly;
    private static readonly Lazy<ModuleLoadContext> Shared = new(() => new ModuleLoadContext());

    private readonly string _folder = Path.GetDirectoryName(Library.Location) ?? AppContext.BaseDirectory;

    private ModuleLoadContext()
        : base("Foobar.Ops")
    {
    }

    /// <summary>Loads an assembly that lies beside this library; the same one again on every further call.</summary>
    /// <param name="name">The assembly's simple name: <c>Foobar.Ops.Drivers</c>.</param>
    /// <exception cref="FileNotFoundException">No such assembly lies beside this library.</exception>
    public static Assembly LoadOwn(string name) => Shared.Value.LoadFromAssemblyPath(Shared.Value.PathOf(name));

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == Library.GetName().Name)
        {
            return Library;
        }

        // All others (the framework, PowerShell, and what PowerShell ships) are shared with the default context.
        return Own.Contains(assemblyName.Name, StringComparer.OrdinalIgnoreCase) ? LoadFromAssemblyPath(PathOf(assemblyName.Name!)) : null;
    }

    /// <inheritdoc/>
    /// <remarks>A native library lies below the folder of the assemblies, as in the package: <c>runtimes/linux-x64/native</c>.</remarks>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        string folder = Path.Combine(_folder, "runtimes", Platform, "native");
        string[] names = [$"lib{unmanagedDllName}.so", $"lib{unmanagedDllName}.dylib", $"{unmanagedDllName}.dll", unmanagedDllName];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } path
            ? LoadUnmanagedDllFromPath(path)
            : 0;
    }

    // The runtime's own identifier may name a distribution; musl is told by it.
    private static string Platform
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx"
                : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl" : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name + ".dll");
}
