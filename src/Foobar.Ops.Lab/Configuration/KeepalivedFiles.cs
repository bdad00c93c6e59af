using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>keepalived on the load balancers of a pair: both addresses move together, to the first one while it is well.</summary>
internal static class KeepalivedFiles
{
    private static readonly LabNetworkName[] Networks = [LabNetworkName.Public, LabNetworkName.Internal];

    /// <summary>The text of <c>/etc/keepalived/keepalived.conf</c>.</summary>
    public static string Configuration(LabPlan plan, LabServer server) => $$"""
        global_defs {
            enable_script_security
            script_user root
        }

        vrrp_script haproxy_runs {
            script "/usr/bin/pgrep -x haproxy"
            interval 1
            fall 2
            # Without a weight: of a group that moves together a weight would not count.
            rise 1
        }

        vrrp_sync_group site {
            group {
                {{string.Join("\n        ", Networks.Select(Name))}}
            }
        }

        {{string.Join('\n', Networks.Select(network => Instance(plan, server, network)))}}
        """;

    private static string Name(LabNetworkName network) => network.ToString().ToLowerInvariant();

    private static string Instance(LabPlan plan, LabServer server, LabNetworkName network) => $$"""
        vrrp_instance {{Name(network)}} {
            state BACKUP
            interface {{server.On(network).Interface}}
            virtual_router_id {{(network == LabNetworkName.Public ? 51 : 52)}}
            priority {{(server.Name == plan.Balancer.Name ? 150 : 100)}}
            advert_int 0.5
            unicast_src_ip {{server.On(network).V4}}
            unicast_peer {
                {{string.Join("\n        ", plan.Balancers.Where(other => other.Name != server.Name).Select(other => other.On(network).V4))}}
            }
            virtual_ipaddress {
                {{plan.Addresses.Virtual(network)}}/32 dev {{server.On(network).Interface}}
            }
            track_script {
                haproxy_runs
            }
        }

        """;
}
