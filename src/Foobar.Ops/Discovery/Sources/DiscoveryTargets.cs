using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Inventory.Loading;

namespace Foobar.Ops.Discovery.Sources;

/// <summary>
/// Reads the servers to discover as the OpenSSH client takes its destinations (ssh(1)): <c>web-01</c>, <c>192.0.2.11</c>,
/// <c>user@host:22</c>, <c>[2001:db8::1]:22</c>, <c>ssh://user@host:22</c>.
/// </summary>
public static class DiscoveryTargets
{
    /// <summary>Reads one destination.</summary>
    /// <exception cref="FoobarException"><c>DestinationInvalid</c>: it is none.</exception>
    public static DiscoveryTarget Parse(string text)
    {
        string rest = text.StartsWith("ssh://", StringComparison.Ordinal) ? text["ssh://".Length..].TrimEnd('/') : text;
        int at = rest.LastIndexOf('@');
        string? user = at < 0 ? null : rest[..at];
        (string host, int? port) = Split(rest[(at + 1)..]);
        return Forms.IsSshHost(host) && (user is null || Forms.IsUser(user)) && port is null or (> 0 and <= 65535)
            ? new DiscoveryTarget(host, new SshEndpoint { Host = host, User = user, Port = port })
            : throw new FoobarException("DestinationInvalid", ErrorKind.InvalidInput, $"'{text}' names no server that SSH can connect to.")
            {
                Recommendation = "Name an alias of your ssh_config, a host name or an address; user@host and host:port are taken too.",
            };
    }

    /// <summary>Targets with names of their own: of several on one host each is named with its port.</summary>
    public static IReadOnlyList<DiscoveryTarget> Distinct(IEnumerable<DiscoveryTarget> targets)
    {
        DiscoveryTarget[] all =
        [
            .. targets.DistinctBy(
                static target => (target.Name.ToUpperInvariant(), target.Ssh with { Host = target.Ssh.Host.ToUpperInvariant() })),
        ];
        ILookup<string, DiscoveryTarget> named = all.ToLookup(static target => target.Name, StringComparer.OrdinalIgnoreCase);
        return
        [
            .. all.Select(target => named[target.Name].Count() == 1 ? target
                : target with
                {
                    Name = string.Create(
                        CultureInfo.InvariantCulture,
                        $"{target.Name}:{target.Ssh.Port ?? 22}{(target.Ssh.User is { } user ? $" ({user})" : "")}"),
                })
                .DistinctBy(static target => target.Name, StringComparer.OrdinalIgnoreCase),
        ];
    }

    private static (string Host, int? Port) Split(string text)
    {
        int colon = text.LastIndexOf(':');
        bool isBracketed = text.StartsWith('[');
        bool hasPort = colon > 0
            && (isBracketed ? colon > text.IndexOf(']', StringComparison.Ordinal) : text.IndexOf(':', StringComparison.Ordinal) == colon);
        return !hasPort ? (text.Trim('[', ']'), null)
            : (text[..colon].Trim(
                '[', ']'), int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
                ? port
                : -1);
    }
}
