using System.Globalization;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>
/// What the OpenSSH client is given: a configuration that holds for all hops (a jump host's client gets <c>-F</c>, but no
/// other option of ours) and includes the user's own, and arguments for the session itself.
/// </summary>
internal static class SshSettings
{
    private const string MarksOfHosts = ".-_:%[]";
    private const string MarksOfUsers = ".-_@+";
    private const string MarksOfJumps = ".-_:%[]@,/+";

    /// <summary>The text of the configuration; OpenSSH takes the first value it meets (ssh_config(5)).</summary>
    /// <param name="limit">The time limit for connecting.</param>
    /// <param name="acceptNew">Whether keys of servers that <c>known_hosts</c> doesn't know are accepted and kept.</param>
    /// <param name="included">The configurations to include, the most important first.</param>
    public static string Configuration(TimeSpan limit, bool acceptNew, IEnumerable<string> included)
    {
        int seconds = Math.Max(1, (int)Math.Ceiling(limit.TotalSeconds));
        StringBuilder text = new();
        text.Append("Host *\n");
        text.Append("    BatchMode yes\n");
        text.Append(CultureInfo.InvariantCulture, $"    StrictHostKeyChecking {(acceptNew ? "accept-new" : "yes")}\n");
        text.Append(CultureInfo.InvariantCulture, $"    ConnectTimeout {seconds}\n");
        text.Append("    ConnectionAttempts 1\n    ServerAliveInterval 5\n    ServerAliveCountMax 3\n    PermitLocalCommand no\n");
        foreach (string path in included)
        {
            text.Append(CultureInfo.InvariantCulture, $"    Include \"{path.Replace('\\', '/')}\"\n");
        }

        return text.ToString();
    }

    /// <summary>The configurations to include: the inventory's alone, or the user's and the system's.</summary>
    /// <exception cref="FoobarException"><c>SshConfigMissing</c>: the inventory names a file that is not there; <c>SshConfigInvalid</c>:
    /// its path can't be written down.</exception>
    public static IEnumerable<string> Included(Site site)
    {
        if (site.SshConfig is not string own)
        {
            string system = OperatingSystem.IsWindows()
                ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "ssh", "ssh_config")
                : "/etc/ssh/ssh_config";
            return [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ssh", "config"), system];
        }

        string path = Path.GetFullPath(own);
        if (!File.Exists(path))
        {
            throw new FoobarException(
                "SshConfigMissing", ErrorKind.NotFound, $"The inventory's SSH configuration {ShellText.Show(path)} is not there.")
            {
                Recommendation = "Correct 'sshConfig' in the inventory, or leave it out to use your own ~/.ssh/config.",
            };
        }

        return path.Any(character => char.IsControl(character) || character == '"')
            ? throw new FoobarException(
                "SshConfigInvalid", ErrorKind.InvalidInput,
                "The path of the SSH configuration "
                    + $"{ShellText.Show(path)} holds a quote or a control character, which ssh_config can't name.")
            : [path];
    }

    /// <summary>The arguments that name the server: the same for its session and for forwards beside it.</summary>
    /// <exception cref="FoobarException"><c>SshEndpointInvalid</c>: a value could be taken for an option, or reach a shell by way of
    /// ssh_config's tokens.</exception>
    public static IEnumerable<string> Destination(Server server)
    {
        SshEndpoint ssh = server.Ssh;
        List<string> arguments = [];
        if (ssh.User is string user)
        {
            arguments.AddRange(["-l", Checked(server.Name, "user", user, MarksOfUsers)]);
        }

        if (ssh.Port is int port)
        {
            arguments.AddRange([
                "-p",
                port is > 0 and <= 65535
                    ? port.ToString(CultureInfo.InvariantCulture)
                    : throw RemotingErrors.HostNotUsable(server.Name, "port", $"{port}"),
            ]);
        }

        if (ssh.ProxyJump is string jump)
        {
            _ = jump.Split(',').Select(hop => Checked(server.Name, "jump host", hop, MarksOfJumps)).Count();
            arguments.AddRange(["-J", jump]);
        }

        if (ssh.IdentityFile is string identity)
        {
            arguments.AddRange([
                "-i",
                identity.Length == 0 || identity.Any(char.IsControl)
                    ? throw RemotingErrors.HostNotUsable(server.Name, "identity file", identity)
                    : identity,
            ]);
        }

        return [.. arguments, "--", Checked(server.Name, "host", ssh.Host, MarksOfHosts)];
    }

    /// <summary>The arguments of a session: no terminal, nothing of the user's configuration that would get into its way.</summary>
    /// <param name="configuration">The path of our configuration.</param>
    /// <param name="keepForwards">Whether forwards hold, those of the user's configuration with ours.</param>
    public static IEnumerable<string> Session(string configuration, bool keepForwards) =>
        [
            "-v",
            "-T",
            "-x",
            "-F",
            configuration,
            "-o",
            "RequestTTY=no",
            "-o",
            "RemoteCommand=none",
            "-o",
            keepForwards ? "ClearAllForwardings=no" : "ClearAllForwardings=yes",
            "-o",
            "ControlPersist=no",
        ];

    /// <summary>The arguments by which a client's connection is shared with our other clients only.</summary>
    /// <param name="controlSocket">The path of the socket to share the connection by; <see langword="null"/> to share nothing.</param>
    public static IEnumerable<string> Sharing(string? controlSocket) =>
        ["-o", controlSocket is null ? "ControlMaster=no" : "ControlMaster=yes", "-o", $"ControlPath={controlSocket ?? "none"}"];

    /// <summary>
    /// The arguments by which a client goes through the connection that the user's configuration names, and makes none
    /// there.
    /// </summary>
    public static IEnumerable<string> ThroughOwn => ["-o", "ControlMaster=no"];

    private static string Checked(string server, string what, string value, string marks) =>
        value.Length > 0
            && value[0] != '-'
            && value.All(character => char.IsAsciiLetterOrDigit(character) || marks.Contains(character, StringComparison.Ordinal))
            ? value
            : throw RemotingErrors.HostNotUsable(server, what, value);
}
