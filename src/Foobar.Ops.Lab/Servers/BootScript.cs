using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Networks;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Servers;

/// <summary>
/// The shell script that runs a server, in a session of its own, for as long as the server runs. A server that reboots
/// from within gets a new network namespace, as a real one loses its rulesets and addresses, and boots again.
/// </summary>
internal static class BootScript
{
    /// <summary>What <c>systemd-nspawn --keep-unit</c> returns when the container asked for a reboot.</summary>
    private const int Reboot = 133;

    /// <summary>The script's text.</summary>
    public static string For(string lab, LabServer server, ServerFiles files)
    {
        string space = NetworkNames.Server(lab, server.Name);
        string switches = NetworkNames.Switches(lab);
        string groups = string.Join('\n', ControlGroups.Directories(lab, server.Name).Select(group =>
            $"mkdir -p {group} && echo $$ > {group}/cgroup.procs"));
        string cables = string.Join('\n', server.Links.Select(link => Cable(server, link, space, switches)));
        return $"""
            #!/bin/sh
            exec </dev/null >>{files.Console} 2>&1
            {groups}
            export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
            while :; do
            ip netns del {space} 2>/dev/null
            ip netns add {space}
            {cables}
            systemd-nspawn --register=no --keep-unit --boot --directory={files.Root} --machine={lab}-{server.Name} \
                --hostname={server.Name} --network-namespace-path=/run/netns/{space} --capability=CAP_NET_ADMIN \
                --console=pipe --resolv-conf=off --timezone=off --link-journal=no
            [ $? -eq {Reboot} ] || exit
            done

            """;
    }

    private static string Cable(LabServer server, LabLink link, string space, string switches)
    {
        string cable = NetworkNames.Cable(server.Name, link);
        return $"""
            ip -n {switches} link del {cable} 2>/dev/null
            ip -n {switches} link add {cable} type veth peer name {link.Interface} netns {space}
            ip -n {switches} link set {cable} addrgenmode none master {link.Interface} up
            """;
    }
}
