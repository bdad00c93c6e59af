namespace Foobar.Ops.Remoting.Ssh;

/// <summary>Looks for the OpenSSH client on this machine.</summary>
internal static class SshProgram
{
    /// <summary>Whether a program is there: a path, or a name that a folder of PATH holds.</summary>
    public static bool Exists(string program) => program.AsSpan().ContainsAny('/', Path.DirectorySeparatorChar)
        ? Names(program).Any(File.Exists)
        : (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => Names(program).Any(name => File.Exists(Path.Combine(folder, name))));

    private static string[] Names(string program) => OperatingSystem.IsWindows() ? [program, program + ".exe"] : [program];
}
