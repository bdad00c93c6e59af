using System.Text.Json.Serialization;

namespace Foobar.Ops.Inventory;

/// <summary>What carries the SSH connections to a server.</summary>
public enum SshTransport : long
{
    /// <summary>The OpenSSH client; the SSH.NET library where an SSH credential is given or this machine has no <c>ssh</c>.</summary>
    [JsonStringEnumMemberName("auto")]
    Auto,

    /// <summary>The OpenSSH client of this machine, as a process: ssh_config, agent, hardware keys, certificates, ProxyCommand.</summary>
    [JsonStringEnumMemberName("openssh")]
    OpenSsh,

    /// <summary>The SSH.NET library in this process: passwords, encrypted keys and keyboard-interactive logins from a credential.</summary>
    [JsonStringEnumMemberName("sshnet")]
    SshNet,
}
