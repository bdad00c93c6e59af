namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// The environment that commands on a server get. It is ours as a whole, so that nothing a server or a login sets (a
/// language, a time zone, options of programs, aliases, functions of bash) reaches what reads the commands' output.
/// </summary>
internal static class ShellEnvironment
{
    /// <summary>
    /// The words before a program's name that start it in this environment, for a POSIX shell. The login's own directories
    /// of programs come last in PATH: what stands in the system's own can't be replaced by them.
    /// </summary>
    public const string Words =
        "env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:\"$PATH\" LC_ALL=C.UTF-8 TZ=UTC0 "
            + "LVM_SUPPRESS_FD_WARNINGS=1 "
        + "HOME=\"$HOME\" USER=\"$USER\" LOGNAME=\"$LOGNAME\" ${SSH_CONNECTION:+SSH_CONNECTION=\"$SSH_CONNECTION\"} "
        + "${SSH_AUTH_SOCK:+SSH_AUTH_SOCK=\"$SSH_AUTH_SOCK\"} ${XDG_RUNTIME_DIR:+XDG_RUNTIME_DIR=\"$XDG_RUNTIME_DIR\"} "
        + "${TMPDIR:+TMPDIR=\"$TMPDIR\"}";

    /// <summary>The text of a remote command, for whatever login shell there is, that ends up in a shell which reads its input.</summary>
    /// <param name="shell">The shell.</param>
    public static string Login(string shell = "sh") => $"exec sh -c {ShellText.Quote($"cd 2>/dev/null; exec {Words} {shell}")}";

    /// <summary>
    /// The text of a streamed command: a script for <c>sh -c</c> and the words after it. It bears the session's mark before it
    /// looks whether it may start (see <c>runner.sh</c>).
    /// </summary>
    /// <param name="script">What is to run.</param>
    /// <param name="mark">What the session knows it by.</param>
    public static string Streamed(string script, StreamMark mark)
    {
        string start =
            $"exec {Words} FOOBAR_JOB={mark.Job} sh -c {ShellText.Quote("exec 9<\"$1\" && [ -e \"$2\" ] || exit 126; exec sh -c \"$0\"")} "
                + "\"$0\" \"$1\" \"$2\"";
        return $"sh -c {ShellText.Quote(start)} {ShellText.Quote(script)} {ShellText.Quote(mark.File)} {ShellText.Quote(mark.Permit)}";
    }
}
