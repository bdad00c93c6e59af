using System.Text.Json.Serialization;

namespace Foobar.Ops.Inventory;

/// <summary>What a server is there for. Written in the inventory in lower case with hyphens: <c>load-balancer</c>.</summary>
public enum Role : long
{
    /// <summary>A router with a firewall: between the internet and the site, or between networks of the site.</summary>
    [JsonStringEnumMemberName("network-firewall")]
    NetworkFirewall,

    /// <summary>HAProxy in front of the web servers.</summary>
    [JsonStringEnumMemberName("load-balancer")]
    LoadBalancer,

    /// <summary>nginx.</summary>
    [JsonStringEnumMemberName("web")]
    Web,

    /// <summary>The application server.</summary>
    [JsonStringEnumMemberName("app")]
    App,

    /// <summary>MySQL or MariaDB.</summary>
    [JsonStringEnumMemberName("database")]
    Database,

    /// <summary>Holds the application's files.</summary>
    [JsonStringEnumMemberName("code")]
    Code,

    /// <summary>Collects and shows what the agents report (Prometheus).</summary>
    [JsonStringEnumMemberName("monitoring")]
    Monitoring,
}
