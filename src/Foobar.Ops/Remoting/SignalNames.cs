namespace Foobar.Ops.Remoting;

/// <summary>The names of Linux's signals (signal(7), the numbers of x86 and ARM).</summary>
internal static class SignalNames
{
    private const int FirstRealTime = 34;
    private const int LastRealTime = 64;

    private static readonly string[] Names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The signal that an exit code stands for; <see langword="null"/> if it stands for none.</summary>
    public static string? OfExitCode(int exitCode) => (exitCode - 128) switch
    {
        int number when number >= 1 && number <= Names.Length => Names[number - 1],
        int number and >= FirstRealTime and <= LastRealTime => FormattableString.Invariant($"RTMIN+{number - FirstRealTime}"),
        _ => null,
    };
}
