namespace Foobar.Ops.Findings;

/// <summary>The part of the site a control is about. Each has its own control id prefix.</summary>
public enum Area : long
{
    /// <summary>The servers themselves: units, sockets, disks, clocks (<c>SRV</c>).</summary>
    Server,

    /// <summary>Firewalls of the network and of the servers (<c>FW</c>).</summary>
    Firewall,

    /// <summary>Certificates and TLS (<c>TLS</c>).</summary>
    Tls,

    /// <summary>MySQL, MariaDB and their replication (<c>DB</c>).</summary>
    Database,

    /// <summary>HAProxy and its backends (<c>LB</c>).</summary>
    LoadBalancing,

    /// <summary>Monitoring agents and what they report (<c>MON</c>).</summary>
    Monitoring,

    /// <summary>How the parts stand together (<c>TOP</c>).</summary>
    Topology,

    /// <summary>The inventory itself, and what it accepts (<c>INV</c>).</summary>
    Inventory,
}
