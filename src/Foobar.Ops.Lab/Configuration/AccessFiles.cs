using Foobar.Ops.Lab.Images;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>How the operator gets in: sshd, the operator's key, sudo, and the server's own host key.</summary>
internal static class AccessFiles
{
    /// <summary>The user the operator logs in as.</summary>
    public const string User = "operator";

    /// <summary>The files.</summary>
    /// <param name="plan">The lab.</param>
    /// <param name="server">The server.</param>
    /// <param name="flavour">Its image's flavour, whose sshd may know settings that others don't.</param>
    /// <param name="operatorPublicKey">The operator's public key, as one line.</param>
    /// <param name="hostKey">The server's private host key.</param>
    public static IEnumerable<ServerFile> For(
        LabPlan plan, LabServer server, ImageFlavour flavour, string operatorPublicKey, string hostKey) =>
    [
        new ServerFile("/etc/ssh/sshd_config.d/foobar.conf", Daemon(plan, server, flavour)),
        new ServerFile("/etc/ssh/ssh_host_ed25519_key", hostKey) { Mode = ServerFile.OwnerOnly },
        new ServerFile(
            "/home/operator/.ssh/authorized_keys", operatorPublicKey) { Mode = ServerFile.OwnerOnly, Owner = User, Group = User },
        new ServerFile(
            "/etc/sudoers.d/operator", $"{User} ALL=(ALL) NOPASSWD: ALL\n") { Mode = UnixFileMode.UserRead | UnixFileMode.GroupRead },
        .. plan.Options.Firewall == HostFirewall.Docker
            ? [ServerFile.DropIn("ssh.service", "[Unit]\nAfter=network-online.target\nWants=network-online.target\n")]
            : (ServerFile[])[],
        ServerFile.Enable("ssh.service"),
    ];

    private static string Daemon(LabPlan plan, LabServer server, ImageFlavour flavour)
    {
        // OpenSSH from 9.8 on locks out an address after failed logins, which tests provoke on purpose.
        string exempt = flavour.SshPenalties
            ? "PerSourcePenaltyExemptList "
                + $"{plan.Addresses.V4(LabNetworkName.Outside)},{plan.Addresses.V4(LabNetworkName.Internal)},{plan.Addresses.V6(LabNetworkName.Outside)}\n"
            : string.Empty;

        // The bridge of a server's containers is no network that flows lead to.
        IEnumerable<string> addresses = plan.Options.Firewall != HostFirewall.Docker
            ? []
            : server.Links.SelectMany(static link => (string[])[$"{link.V4}", $"{link.V6}"]);
        return $"""
            HostKey /etc/ssh/ssh_host_ed25519_key
            AuthenticationMethods publickey
            AllowUsers {User}
            PermitRootLogin no
            PasswordAuthentication no
            X11Forwarding no
            UseDNS no
            MaxSessions 64
            MaxStartups 100:30:200
            {exempt}{string.Concat(addresses.Select(static address => $"ListenAddress {address}\n"))}
            """;
    }
}
