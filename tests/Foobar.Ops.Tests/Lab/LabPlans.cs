using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Tests.Lab;

/// <summary>Plans of labs that are never raised.</summary>
internal static class LabPlans
{
    public static LabPlan Of(
        DatabaseFlavour database = DatabaseFlavour.MySql, TlsVariant tls = TlsVariant.Edge, int slot = 3,
        HostFirewall firewall = HostFirewall.Nftables, int replicas = 1, bool grown = false) => new()
    {
        Options = new LabOptions { Name = "test", Database = database, Tls = tls, Firewall = firewall, Replicas = replicas, Grown = grown },
        Addresses = new AddressPlan(slot),
        Secrets = new LabSecrets { Application = "app-password", Replication = "replication-password" },
    };
}
