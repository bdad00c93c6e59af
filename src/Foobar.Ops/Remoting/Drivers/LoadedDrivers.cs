using Foobar.Ops.Errors;
using Foobar.Ops.Loading;

namespace Foobar.Ops.Remoting.Drivers;

/// <summary>Finds the drivers, and loads them when they are first needed: an import of the module loads none.</summary>
internal static class LoadedDrivers
{
    private const string AssemblyName = "Foobar.Ops.Drivers";

    private static readonly Lazy<IDriverSet> Set = new(Load);
    private static readonly Lazy<Task> Warming = new(static () => Task.Run(static () => Database.WarmUpAsync()));

    /// <summary>The driver of compressed files.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static ICompressionDriver Compression => Get(static set => set.Compression);

    /// <summary>The database driver.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static IDatabaseDriver Database => Get(static set => set.Database);

    /// <summary>The driver of databases in files.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static IFileDatabaseDriver Files => Get(static set => set.Files);

    /// <summary>The driver of keys.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static IKeyDriver Keys => Get(static set => set.Keys);

    /// <summary>The driver of repetitions.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static IRetryDriver Retry => Get(static set => set.Retry);

    /// <summary>The driver of the terminal.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static IScreenDriver Screen => Get(static set => set.Screen);

    /// <summary>The SSH driver.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static ISshDriver Ssh => Get(static set => set.Ssh);

    /// <summary>The TLS driver.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static ITlsDriver Tls => Get(static set => set.Tls);

    /// <summary>The driver of YAML.</summary>
    /// <exception cref="FoobarException"><c>DriverMissing</c>.</exception>
    public static IYamlDriver Yaml => Get(static set => set.Yaml);

    /// <summary>
    /// Has the database driver loaded and compiled beside what else goes on, once a process. For a caller that waits for an
    /// SSH session to a database server. An error is left for the first connection to tell.
    /// </summary>
    public static void WarmUpDatabase() => _ = Warming.Value;

    /// <summary>Gives one of the drivers; a package's assembly is loaded with it.</summary>
    private static T Get<T>(Func<IDriverSet, T> choose)
    {
        try
        {
            return choose(Set.Value);
        }
        catch (Exception error)
            when (error is IOException
                or BadImageFormatException
                or TypeLoadException
                or TypeInitializationException
                or DllNotFoundException)
        {
            throw new FoobarException("DriverMissing", ErrorKind.NotFound, $"A driver can't be loaded: {error.Message}", error)
            {
                Recommendation = "Install the module again: all files of its folder bin belong together.",
            };
        }
    }

    private static IDriverSet Load() =>
        (IDriverSet)Activator.CreateInstance(
            ModuleLoadContext.LoadOwn(AssemblyName).GetType(AssemblyName + ".DriverSet", throwOnError: true)!, nonPublic: true)!;
}
