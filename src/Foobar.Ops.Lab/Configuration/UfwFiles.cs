using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>A server's firewall as ufw keeps it: its first boot gives the commands that an operator would give.</summary>
internal static class UfwFiles
{
    /// <summary>The commands, the unit that gives them once, and what loads the rules at boot.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server) =>
    [
        new ServerFile("/etc/ufw/foobar-setup.sh", SetUp([.. Admission.To(plan, server)])),
        .. ServerFile.OwnUnit("foobar-firewall-setup.service"),
        ServerFile.Enable("ufw.service"),
    ];

    /// <summary>The commands; given again they change nothing.</summary>
    public static string SetUp(IReadOnlyList<Admission> admissions)
    {
        IEnumerable<string> rules =
        [
            .. admissions.Where(static one => !one.Others)
                .SelectMany(static one => one.Senders.Select(sender => Rule("allow", one, sender))),
            .. admissions.Where(static one => one.Others)
                .SelectMany(static one => one.Senders.Select(sender => $"ufw deny in on {one.Link.Interface} from {sender}")).Distinct(),
            .. admissions.Where(static one => one.Others).Select(static one => Rule("allow", one, "any")).Distinct(),
        ];
        return $"set -e\nufw logging off\nufw default deny incoming\n{string.Join('\n', rules)}\nufw --force enable\n";
    }

    private static string Rule(string action, Admission admission, string sender) =>
        $"ufw {action} in on {admission.Link.Interface} proto {admission.Transport} from {sender} "
        + $"to any port {string.Join(',', admission.PortNumbers)} comment 'flow {admission.Flow.Name}'";
}
