using System.CommandLine;
using System.Diagnostics;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Setup;
using Spectre.Console;

namespace Foobar.Ops.Lab.Commands;

/// <summary><c>up</c>: raises a lab or repairs a half-raised one.</summary>
internal static class UpCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<string> name = LabOption.Name();
        Option<DatabaseFlavour?> database = new("--database") { Description = "Which database (default: mysql)." };
        Option<DebianSuite?> suite = new(
            "--suite") { Description = "Which Debian (default: bookworm with MariaDB; MySQL is in unstable alone)." };
        Option<TlsVariant?> tls = new("--tls") { Description = "Where TLS ends (default: edge, at the load balancer)." };
        Option<bool> semiSync = new("--semi-sync") { Description = "Switch semi-synchronous replication on." };
        Option<bool> grown = new("--grown") { Description = "Configure HAProxy and nginx as on a site that has grown over years." };
        Option<HostFirewall?> firewall = new("--firewall") { Description = "What keeps the servers' own rules (default: nftables)." };
        Option<int?> replicas = new(
            "--replicas")
            {
                Description =
                    $"How many replicas the database has, up to {LabOptions.MostReplicas} (default: 1, on web-02; further ones on db-03, "
                        + "db-04).",
            };
        Option<ClusterVariant?> cluster = new(
            "--cluster") { Description = "Make the databases a cluster of three: group with mysql, galera with mariadb." };
        Option<int?> balancers = new(
            "--balancers") { Description = "How many load balancers there are, 1 or 2 (default: 1); two share addresses by keepalived." };
        Option<bool> agents = new("--agents") { Description = "Run more monitoring agents on the servers, and a Prometheus on lb-01." };
        Command command = new(
            "up", "Raise a lab: fw-01, lb-01, web-01, web-02. Safe to run again.")
            {
                name,
                database,
                suite,
                tls,
                semiSync,
                grown,
                firewall,
                replicas,
                cluster,
                balancers,
                agents,
            };
        command.SetAction((parsed, cancel) => Run.GuardAsync(async () =>
        {
            // What is not asked for stays as it is in a lab that stands already.
            string checkedName = LabOptions.CheckedName(parsed.GetValue(name)!);
            LabOptions standing = LabRecord.Find(checkedName)?.Options ?? new LabOptions { Name = checkedName };
            LabOptions options = (standing with
            {
                Database = parsed.GetValue(database) ?? standing.Database,
                Suite = parsed.GetValue(suite) ?? standing.Suite,
                Tls = parsed.GetValue(tls) ?? standing.Tls,
                SemiSync = parsed.GetValue(semiSync) || standing.SemiSync,
                Grown = parsed.GetValue(grown) || standing.Grown,
                Firewall = parsed.GetValue(firewall) ?? standing.Firewall,
                Agents = parsed.GetValue(agents) || standing.Agents,
                Balancers = LabOptions.CheckedBalancers(parsed.GetValue(balancers) ?? standing.Balancers),
                Replicas = LabOptions.CheckedReplicas(parsed.GetValue(replicas) ?? standing.Replicas),
            }).Clustered(parsed.GetValue(cluster) ?? standing.Cluster);
            Stopwatch time = Stopwatch.StartNew();
            LabPlan plan = await new LabRaiser(new ConsoleProgress()).RaiseAsync(options, cancel);
            AnsiConsole.MarkupLineInterpolated($"[green]Up after {time.Elapsed.TotalSeconds:0.0} s.[/]");
            PrintUse(plan);
            return 0;
        }));
        return command;
    }

    private static void PrintUse(LabPlan plan)
    {
        AnsiConsole.WriteLine();
        Console.WriteLine($"  inventory    {plan.Files.Inventory}");
        Console.WriteLine(
            $"  log in       ssh -F {plan.Files.SshConfig} lb-01     "
                + $"({string.Join(", ", plan.Servers.Where(server => server.Name != plan.Balancer.Name).Select(server => server.Name))}, "
                + "outside)");
        Console.WriteLine(
            $"  the site     curl --cacert {plan.Files.RootCertificate} --resolve {LabPlan.SiteName}:443:{plan.SitePublic.V4} "
                + $"https://{LabPlan.SiteName}/healthz");
        Console.WriteLine($"  as a visitor ip netns exec {Networks.NetworkNames.Outside(plan.Options.Name)} curl ...");
        Console.WriteLine($"  PowerShell   Import-Module Foobar.Ops; Invoke-FoobarAudit -Inventory {plan.Files.Inventory}");
        Console.WriteLine($"  remove       foobar-lab down --name {plan.Options.Name}");
    }
}
