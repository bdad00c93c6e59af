using System.Net;
using System.Net.NetworkInformation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Proposing;
using Foobar.Ops.Discovery.Sources;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.InventoryChange;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Discovery;

/// <summary>An inventory made of nothing but names and a key: it audits as the lab's own does, and no fault becomes policy.</summary>
[Collection(LabCollection.Name)]
public sealed class DiscoveryTests(LabFixture labs)
{
    /// <summary>Kinds of labs; the default run takes the first two, which other tests have raised already.</summary>
    public static TheoryData<string> Kinds { get; } = Sample.IsAll
        ? [
            "three names", "mariadb", "grown web", "reencrypt agents", "replicas firewalld", "balancers", "trixie docker", "ufw", "galera",
            "group",
        ]
        : ["three names", "mariadb"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_found_audits_as_what_was_declared_does(string kind)
    {
        RaisedLab lab = await RequireAsync(kind);
        string[] names = [.. lab.Plan.Servers.Select(static server => server.Name).Where(name => kind != "three names" || name != "fw-01")];

        InventoryProposal proposal = await ProposeAsync(lab, names);

        Assert.Equal(names, proposal.Site.Servers.Select(static server => server.Name));
        Assert.DoesNotContain(proposal.Questions, static question => question.Kind == QuestionKind.Unexplained);
        Assert.Empty(await TroubleOfItsOwnAsync(lab, proposal));
    }

    [Fact]
    public async Task Faults_do_not_become_policy()
    {
        RaisedLab lab = await labs.RequireAsync();
        string[] faults = ["stray-listener", "unknown-web-server", "fw-database-open", "app-on-all-addresses", "fw-listens-too-wide"];
        try
        {
            foreach (string fault in faults)
            {
                await lab.BreakAsync(fault, Cancel);
            }

            InventoryProposal proposal = await ProposeAsync(lab, [.. lab.Plan.Servers.Select(static server => server.Name)]);

            Assert.Contains(
                proposal.Questions,
                static question => question is { Kind: QuestionKind.Unexplained, What: "Who needs tcp/8000 of web-01?" });
            Assert.Contains(
                proposal.Questions,
                static question => question is { Kind: QuestionKind.Unexplained, What: "Who needs tcp/8080 of web-02?" });
            Assert.Contains(
                proposal.Questions,
                static question =>
                    question.Kind == QuestionKind.Unexplained && question.What.Contains("as 'canary'", StringComparison.Ordinal));
            Assert.DoesNotContain(proposal.Site.Policy.Flows, static flow => flow.Ports.Any(static range => range.First is 8000 or 8080));
            Assert.Contains(
                proposal.Questions,
                static question => question is { Kind: QuestionKind.Unexplained, Key: "networks", Server: "web-01" });
            Assert.DoesNotContain(
                proposal.Site.Networks.SelectMany(static pair => pair.Value), static network => network.ToString() == "198.18.0.0/24");
            string[] controls = [.. (await AuditAsync(lab, proposal)).Select(static finding => finding.ControlId).Distinct()];
            Assert.Contains("SRV-003", controls);
            Assert.Contains("LB-009", controls);
            Assert.Contains("FW-009", controls);
            Assert.Contains("FW-010", controls);
        }
        finally
        {
            await lab.HealAllAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_dead_server_is_named_and_the_others_are_found()
    {
        RaisedLab lab = await labs.RequireAsync();
        InventoryProposal proposal = await ProposeAsync(lab, ["lb-01", "web-01", "nobody.invalid"]);

        Assert.Equal(["lb-01", "web-01"], proposal.Site.Servers.Select(static server => server.Name));
        Assert.Contains(proposal.Questions, static question => question.Key == "servers.nobody.invalid");
        Assert.Contains(
            proposal.Questions,
            static question => question.Kind == QuestionKind.Unexplained && question.What.Contains("web-02", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_lab_s_own_inventory_is_up_to_date()
    {
        RaisedLab lab = await labs.RequireAsync();
        await using SiteSession session = LabAudit.Connect(lab);
        IReadOnlyList<ServerDiscovery> servers = await new DiscoveryCollector(session, Patient).CollectAsync(Cancel);
        InventoryProposal proposal = InventoryProposer.Propose(
            servers, Options(lab) with { SiteName = session.Site.Name, TrustedAuthorities = session.Site.Policy.Tls.TrustedAuthorities });

        Assert.Empty(
            InventoryComparer.Compare(session.Site, proposal, isComplete: true)
                .Where(static difference => difference.Kind != InventoryDifferenceKind.NotFound)
                .Select(static difference => $"{difference.Kind} {difference.Key} {difference.Found}"));
    }

    private Task<RaisedLab> RequireAsync(string kind) => kind switch
    {
        "mariadb" => labs.RequireAsync(DatabaseFlavour.MariaDb),
        "grown web" => labs.RequireAsync(DatabaseFlavour.MariaDb, TlsVariant.Web, grown: true),
        "reencrypt agents" => labs.RequireAsync(DatabaseFlavour.MariaDb, TlsVariant.Reencrypt, agents: true),
        "replicas firewalld" => labs.RequireAsync(DatabaseFlavour.MariaDb, replicas: 2, firewall: HostFirewall.Firewalld),
        "balancers" => labs.RequireAsync(DatabaseFlavour.MySql, balancers: 2),
        "trixie docker" => labs.RequireAsync(DatabaseFlavour.MariaDb, suite: DebianSuite.Trixie, firewall: HostFirewall.Docker),
        "galera" => labs.RequireAsync(DatabaseFlavour.MariaDb, cluster: ClusterVariant.Galera),
        "group" => labs.RequireAsync(cluster: ClusterVariant.Group),
        "ufw" => labs.RequireAsync(DatabaseFlavour.MariaDb, firewall: HostFirewall.Ufw),
        _ => labs.RequireAsync(),
    };

    private static DiscoveryOptions Patient => new() { ServerTimeLimit = TimeSpan.FromMinutes(3) };

    private static ProposalOptions Options(RaisedLab lab) => new()
    {
        SshConfig = lab.SshConfig,
        OwnInterfaces =
        [
            .. NetworkInterface.GetAllNetworkInterfaces()
                .Select(
                    static each =>
                        (IReadOnlyList<IPAddress>)
                        [
                            .. each.GetIPProperties().UnicastAddresses
                                .Select(static own => own.Address)
                                .Where(static address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal),
                        ]),
        ],
    };

    private static async Task<InventoryProposal> ProposeAsync(RaisedLab lab, string[] names)
    {
        await using SiteSession session = new(
            DiscoveryCollector.SiteOf(
                names.Select(DiscoveryTargets.Parse), lab.SshConfig), new SessionOptions { ConnectTimeLimit = TimeSpan.FromMinutes(2) });
        return InventoryProposer.Propose(await new DiscoveryCollector(session, Patient).CollectAsync(Cancel), Options(lab));
    }

    private static async Task<IReadOnlyList<Finding>> AuditAsync(RaisedLab lab, InventoryProposal proposal)
    {
        string directory = Directory.CreateTempSubdirectory("foobar-discovery-").FullName;
        try
        {
            string path = Path.Combine(directory, "foobar.json");
            InventoryFiles.Save(proposal, path, overwrite: false);
            await using SiteSession session = new(
                InventoryLoader.Load(path), new SessionOptions { ConnectTimeLimit = TimeSpan.FromMinutes(2) });
            return await LabAudit.FindTroubleAsync(session);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // What the lab's own inventory gives too is no fault of the one that was found.
    private static async Task<string[]> TroubleOfItsOwnAsync(RaisedLab lab, InventoryProposal proposal)
    {
        IReadOnlyList<Finding> found = await AuditAsync(lab, proposal);
        HashSet<string> known = found.Count == 0
            ? []
            : [
                .. (await LabAudit.FindTroubleAsync(lab))
                    .Select(static finding => $"{finding.ControlId} {finding.Server} {finding.Target}"),
            ];
        return [.. found.Where(finding => !known.Contains($"{finding.ControlId} {finding.Server} {finding.Target}")).Select(LabAudit.Text)];
    }
}
