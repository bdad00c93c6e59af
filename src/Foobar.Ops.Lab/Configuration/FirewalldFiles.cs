using System.Net.Sockets;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>
/// A server's firewall as firewalld keeps it (firewalld.zone(5)): a zone for each interface, which drops what no rule of it names.
/// </summary>
internal static class FirewalldFiles
{
    /// <summary>The zones, and what loads them at boot.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server) =>
    [
        // Interfaces that are in no zone take nothing: the default zone of the package would let anybody reach sshd.
        new ServerFile("/etc/firewalld/firewalld.conf", "DefaultZone=drop\nFirewallBackend=nftables\nIPv6_rpfilter=yes\nLogDenied=off\n"),
        .. server.Links.Select(link => new ServerFile(
            $"/etc/firewalld/zones/{link.Interface}.xml", Zone(link, [.. Admission.To(plan, server).Where(one => one.Link == link)]))),
        ServerFile.Enable("firewalld.service"),
    ];

    /// <summary>The text of a zone.</summary>
    private static string Zone(LabLink link, IReadOnlyList<Admission> admissions)
    {
        IEnumerable<string> rules =
        [
            .. admissions.Where(static one => !one.Others)
                .SelectMany(static one => one.Senders.SelectMany(sender => Accept(one, -2, Source(sender)))),
            .. admissions.Where(static one => one.Others).SelectMany(
                static one => one.Senders.Select(sender => (one.Family, Sender: sender))).Distinct()
                .Select(static one => $"<rule priority=\"-1\" family=\"{Family(one.Family)}\">{Source(one.Sender)}<drop/></rule>"),
            .. admissions.Where(static one => one.Others).SelectMany(static one => Accept(one, 0, string.Empty)),
        ];
        return $"""
            <?xml version="1.0" encoding="utf-8"?>
            <!-- Allows exactly the flows of the site's policy. -->
            <zone target="DROP">
              <short>{link.Interface}</short>
              <interface name="{link.Interface}"/>
            {string.Join('\n', rules.Select(static rule => "  " + rule))}
            </zone>

            """;
    }

    private static IEnumerable<string> Accept(Admission admission, int priority, string source) => admission.PortNumbers.Select(port =>
        $"<rule priority=\"{priority}\" family=\"{Family(admission.Family)}\">{source}<port port=\"{port}\" "
            + $"protocol=\"{admission.Transport}\"/><accept/></rule>");

    private static string Source(string sender) => $"<source address=\"{sender}\"/>";

    private static string Family(AddressFamily family) => family == AddressFamily.InterNetwork ? "ipv4" : "ipv6";
}
