using System.Globalization;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting;

/// <summary>The errors of sessions, apart from those that the OpenSSH client reports (<c>SshErrors</c>).</summary>
internal static class RemotingErrors
{
    public static FoobarException ConnectionLost(string server, string words) =>
        new("ConnectionLost", ErrorKind.Connection, Words($"{server}: the connection was lost", words))
        {
            Server = server,
            Recommendation =
                "Check that the server is up and the network between holds, then run the command again. What it had begun there was ended, "
                    + "or will be once the server notices.",
        };

    public static FoobarException SessionClosed(string site) =>
        new("SessionClosed", ErrorKind.Refused, $"The session to {site} was closed; it connects to nothing any more.")
        {
            Recommendation =
                "Make a new one with Connect-FoobarSite. Disconnect-FoobarSite, Remove-Module, Import-Module -Force and the end of its "
                    + "runspace close a session.",
        };

    public static FoobarException ConnectTimeout(string server, TimeSpan limit, string words) =>
        new("ConnectTimeout", ErrorKind.Timeout, Words($"{server}: no session within {Seconds(limit)}", words))
        {
            Server = server,
            Recommendation =
                "Check the server's address and that a firewall on the way lets SSH through; a larger time limit helps on a slow network.",
        };

    public static FoobarException CommandTimeout(string server, RemoteCommand command) =>
        new("CommandTimeout", ErrorKind.Timeout, $"{server}: no end within {Seconds(command.TimeLimit)}: {Excerpt(command.Script)}")
        {
            Server = server,
            Recommendation = "The command was ended on the server. Give it more time if it needs it.",
        };

    public static FoobarException CommandNotFound(string server, string program) =>
        new("CommandNotFound", ErrorKind.NotFound, $"{server}: the program '{program}' was not found.")
        {
            Server = server,
            Recommendation = $"Install the package that holds '{program}' on {server}, or put it into the login's PATH.",
        };

    public static FoobarException SpoolUnavailable(string server) =>
        new(
            "SpoolUnavailable", ErrorKind.Failed,
            $"{server}: no directory that a command's output could be kept in: /dev/shm, $XDG_RUNTIME_DIR, $TMPDIR, /tmp, /var/tmp and the "
                + "home directory can't be written.")
        {
            Server = server,
            Recommendation = "Make one of these directories writable for the login; /dev/shm holds even when all disks are full.",
        };

    public static FoobarException SpoolFailed(string server, RemoteCommand command) =>
        new(
            "SpoolUnavailable", ErrorKind.Failed,
            $"{server}: the command was not started, for there was no room for its output, or its input did not arrive whole: "
                + $"{Excerpt(command.Script)}")
        {
            Server = server,
            Recommendation = "Make room in /dev/shm (or where the session keeps output), and see that the server has 'base64'.",
        };

    public static FoobarException OutputTruncated(CommandResult result, RemoteCommand command) =>
        new(
            "OutputTruncated", ErrorKind.Failed,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Server}: the output reached the {command.OutputCap / 1024.0 / 1024.0:0.###} MiB that are kept, so the command was ended there if it still ran (exit code {result.ExitCode}), and the rest is missing: {Excerpt(command.Script)}"))
        {
            Server = result.Server,
            Recommendation =
                "Have the command give less (grep, tail, gzip), or write to a file on the server. What it changes may be half done.",
        };

    public static FoobarException CommandLost(string server, RemoteCommand command) =>
        new(
            "CommandLost", ErrorKind.Failed,
            $"{server}: the process of the session that waited for the command's end was killed there, so its result is not known: "
                + $"{Excerpt(command.Script)}")
        {
            Server = server,
            Recommendation =
                "What still ran of the command was ended. See that nothing on the server kills shells of the login (or root), the command "
                    + "itself included; then look at what it had done before running it again.",
        };

    public static FoobarException UnknownServer(string server, IEnumerable<string> known) =>
        new("ServerUnknown", ErrorKind.NotFound, $"'{server}' is no server of the site; its servers are {string.Join(", ", known)}.")
        {
            Recommendation = "Give the name of a server as the inventory declares it.",
        };

    public static FoobarException HostNotUsable(string server, string what, string value) =>
        new(
            "SshEndpointInvalid", ErrorKind.InvalidInput,
            $"{server}: the SSH {what} {ShellText.Show(value)} can't be given to the OpenSSH client.")
        {
            Server = server,
            Recommendation =
                "Correct the server's SSH settings in the inventory: no control characters, no blanks, no '-' at the beginning.",
        };

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";

    private static string Words(string text, string words) => words.Length == 0 ? text + "." : $"{text}: {words}";

    private static string Excerpt(string script)
    {
        string line = script.ReplaceLineEndings(" ").Trim();
        return line.Length <= 120 ? line : line[..119] + "…";
    }
}
