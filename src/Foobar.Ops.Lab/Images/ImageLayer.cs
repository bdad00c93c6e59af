using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Images;

/// <summary>
/// What a kind of lab has over a base image: packages that other labs do without. It is a directory of its own, so that no image
/// grows by it or is built anew.
/// </summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Packages">The packages.</param>
/// <param name="Services">Units of theirs that no server runs unless the lab enables them.</param>
internal sealed record ImageLayer(string Name, IReadOnlyList<string> Packages, IReadOnlyList<string> Services)
{
    /// <summary>The layer for a kind of lab; <see langword="null"/> if it needs none.</summary>
    /// <exception cref="Host.LabException">There is no layer for both of two wishes.</exception>
    public static ImageLayer? Of(LabOptions options) => options.Firewall switch
    {
        HostFirewall.Firewalld or HostFirewall.Ufw when options.Agents => throw Host.LabException.Refused(
            $"There is no layer with both {options.Firewall} and agents.", "Raise the lab with one of them."),
        _ when options.Balancers > 1
            && (options.Agents || options.Firewall is HostFirewall.Firewalld or HostFirewall.Ufw) => throw Host.LabException.Refused(
                "There is no layer with both keepalived and what else was asked for.",
                "Raise the pair of load balancers without --agents, with --firewall nftables or docker."),
        _ when options.Balancers > 1 => new("keepalived", ["keepalived"], ["keepalived.service"]),
        _ when options.Agents => Agents,
        HostFirewall.Firewalld => new("firewalld", ["firewalld"], ["firewalld.service"]),
        HostFirewall.Ufw => new("ufw", ["ufw"], ["ufw.service"]),
        _ => null,
    };

    // The libraries are those of collectd's plugins write_http and write_prometheus, which its package only suggests.
    private static readonly ImageLayer Agents = new(
        "agents",
        [
            "collectd-core",
            "libcurl3-gnutls",
            "libyajl2",
            "libmicrohttpd12",
            "libprotobuf-c1",
            "zabbix-agent2",
            "netdata-core",
            "prometheus-mysqld-exporter",
            "prometheus",
        ],
        ["collectd.service", "zabbix-agent2.service", "netdata.service", "prometheus-mysqld-exporter.service", "prometheus.service"]);

    /// <summary>The name of the layer this recipe makes over an image.</summary>
    public string NameOver(string imageName) => $"{Prefix(imageName)}{Digest()}";

    /// <summary>Whether a directory's name is that of a layer over an image that this recipe or a former one made.</summary>
    public bool HasMade(string imageName, string directoryName) => directoryName.StartsWith(Prefix(imageName), StringComparison.Ordinal);

    /// <summary>Whether a directory's name is that of any layer over an image.</summary>
    public static bool IsOver(string imageName, string directoryName) =>
        directoryName.StartsWith($"{imageName}+", StringComparison.Ordinal);

    private string Prefix(string imageName) => $"{imageName}+{Name}-";

    private string Digest() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\0', [ImageBuilder.Layer, .. Packages, .. Services]))))[..12];
}
