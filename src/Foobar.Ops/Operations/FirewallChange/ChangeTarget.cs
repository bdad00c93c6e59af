using System.Net;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>One server of a firewall change, with all that was learnt of it before anything is changed.</summary>
internal sealed record ChangeTarget
{
    /// <summary>The server.</summary>
    public required Server Server { get; init; }

    /// <summary>The change's own number, by which its files and its timer are known on the server.</summary>
    public required string Id { get; init; }

    /// <summary>The rules to be loaded.</summary>
    public required string NewRuleset { get; init; }

    /// <summary>The rules to be loaded, as nftables understood them.</summary>
    public Ruleset? After { get; init; }

    /// <summary>What is brought back; <see langword="null"/> for a change to what the policy says.</summary>
    public KeptChange? Back { get; init; }

    /// <summary>Why the rules that run now could not be put back as they are; <see langword="null"/> if they can.</summary>
    public string? NoWayBack { get; init; }

    /// <summary>Who changes it, for those who look at the server.</summary>
    public string By { get; init; } = "unknown";

    /// <summary>What runs now.</summary>
    public FirewallFacts? Facts { get; init; }

    /// <summary>
    /// Where the operator's SSH connection comes from and where it ends; <see langword="null"/> if the server did not tell.
    /// </summary>
    public SshFlow? Client { get; init; }

    /// <summary>What earlier changes have left on the server.</summary>
    public IReadOnlyList<Leftover> Leftovers { get; init; } = [];

    /// <summary>Where its files lie while the change is not ended.</summary>
    public string Directory => DirectoryOf(Id);

    /// <summary>The name of its timer.</summary>
    public string Unit => UnitOf(Id);

    /// <summary>Where the files of a change lie.</summary>
    public static string DirectoryOf(string id) => $"/run/foobar-ops/firewall-{id}";

    /// <summary>The name of a change's timer.</summary>
    public static string UnitOf(string id) => $"foobar-firewall-rollback-{id}";
}

/// <summary>An SSH connection as its server sees it.</summary>
/// <param name="Client">The address it comes from: the operator's, or the last jump host's.</param>
/// <param name="Server">The address it ends at.</param>
/// <param name="Port">The port it ends at.</param>
internal sealed record SshFlow(IPAddress Client, IPAddress Server, int Port)
{
    /// <summary>Reads what sshd tells in <c>SSH_CONNECTION</c>.</summary>
    public static SshFlow? Parse(string text) =>
        text.Trim().Split(' ') is [var client, _, var server, var port]
        && IPAddress.TryParse(client, out IPAddress? from) && IPAddress.TryParse(server, out IPAddress? to)
        && int.TryParse(port, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number)
            ? new SshFlow(Plain(from), Plain(to), number)
            : null;

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
