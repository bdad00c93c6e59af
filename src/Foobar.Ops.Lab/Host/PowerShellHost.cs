using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Lab.Host;

/// <summary>A real PowerShell for the module: the machine's own if it is new enough, else the local tool that the build restores.</summary>
/// <param name="Program">The path of the program to start.</param>
/// <param name="Version">Its version.</param>
internal sealed partial record PowerShellHost(string Program, Version Version)
{
    /// <summary>The oldest version that the module is made for.</summary>
    public static Version Oldest { get; } = new(7, 6);

    /// <summary>Finds it.</summary>
    /// <exception cref="LabException">There is none: the build did not restore it.</exception>
    public static async Task<PowerShellHost> FindAsync(CancellationToken cancel) =>
        await FindAsync([.. PathDirectories, Checkout.Tools], cancel);

    /// <summary>Finds the first one in some directories that is new enough.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public static async Task<PowerShellHost> FindAsync(IReadOnlyList<string> directories, CancellationToken cancel)
    {
        foreach (string program in FindPrograms(directories))
        {
            if (await ReadVersionAsync(program, cancel) is Version version && version >= Oldest)
            {
                return new PowerShellHost(program, version);
            }
        }

        throw LabException.NotFound(
            $"There is no PowerShell {Oldest} or later on the PATH, nor the local tool in {directories[^1]}.",
            "Run dotnet build, which restores it.");
    }

    /// <summary>
    /// Prepares its start with all three streams redirected, without profile or prompts. It finds Pester where the build
    /// staged it, and itself as <c>pwsh</c> on the PATH.
    /// </summary>
    public ProcessStartInfo Prepare(params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = Tool.Prepare(Program, ["-NoProfile", "-NonInteractive", .. arguments]);
        start.Environment["NO_COLOR"] = "1";
        if (FindPrograms(PathDirectories).FirstOrDefault() != Program)
        {
            start.Environment["PATH"] = Prepend(Path.GetDirectoryName(Program)!, "PATH");
        }

        start.Environment["PSModulePath"] = Prepend(Path.Combine(Checkout.Tools, "modules"), "PSModulePath");
        return start;
    }

    private static string[] PathDirectories =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> FindPrograms(IEnumerable<string> directories)
    {
        string[] names = OperatingSystem.IsWindows() ? ["pwsh.exe", "pwsh.cmd"] : ["pwsh"];
        return directories.SelectMany(directory => names.Select(name => Path.Combine(directory, name))).Where(File.Exists);
    }

    private static string Prepend(string directory, string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } before ? directory + Path.PathSeparator + before : directory;

    private static async Task<Version?> ReadVersionAsync(string program, CancellationToken cancel)
    {
        try
        {
            ToolResult said = await Tool.TryAsync(program, ["-NoProfile", "-Version"], limit: TimeSpan.FromMinutes(1), cancel: cancel);
            Match match = VersionPattern().Match(said.Output);
            return said.Succeeded && match.Success ? Version.Parse(match.Groups[1].ValueSpan) : null;
        }
        catch (LabException)
        {
            // A file of that name that can't be run is no PowerShell.
            return null;
        }
    }

    [GeneratedRegex(@"^PowerShell (\d+\.\d+\.\d+)\s*$")]
    private static partial Regex VersionPattern();
}
