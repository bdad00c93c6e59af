using System.Globalization;

namespace Foobar.Ops.Remoting.Ssh.HostKeys;

/// <summary>The names that a host key is looked up by in <c>known_hosts</c>, in order (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).</summary>
/// <param name="Host">The host name or alias that a certificate must name, in lower case.</param>
/// <param name="Names">The names to look up: <c>[host]:port</c> and then <c>host</c> where the port is not 22, as OpenSSH does
/// (sshconnect.c, check_host_key).</param>
internal sealed record KnownHostName(string Host, IReadOnlyList<string> Names)
{
    /// <summary>The names of a host at a port.</summary>
    public static KnownHostName Of(string host, int port)
    {
        string name = host.ToLowerInvariant();
        return new KnownHostName(name, port == 22 ? [name] : [string.Create(CultureInfo.InvariantCulture, $"[{name}]:{port}"), name]);
    }

    /// <summary>The name of a HostKeyAlias, whatever the port.</summary>
    public static KnownHostName OfAlias(string alias) => new(alias.ToLowerInvariant(), [alias.ToLowerInvariant()]);
}
