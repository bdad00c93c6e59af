using System.Globalization;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Testing;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>
/// The audit finds nothing wrong with a clean lab, and each fault with the control that must see it and no others. A thorough
/// run audits the whole site for each fault, on each kind of lab. Others audit the areas of the controls that may see it, and
/// the whole site for a share of the faults: reading everything takes most of the time.
/// </summary>
[Collection(LabCollection.Name)]
[TestCaseOrderer(typeof(KindByKind))]
public sealed class AuditTests(LabFixture labs, KeptSessions sessions) : IClassFixture<KeptSessions>
{
    private const int WholeSiteForOneOf = 8;

    private const int GroupSize = 5;

    /// <summary>
    /// A kind of lab, the names of the faults that are in force on it (none, one or five), and whether the whole site is audited.
    /// One theory for all of them: xunit runs a method's cases together, and each kind of lab is to be raised once.
    /// </summary>
    public static TheoryData<string, string, bool> Cases => new(
        ((string Kind, string Faults, bool IsWhole)[])
        [
            .. Clean.Select(static kind => ($"{kind}", "", true)),
            .. Chosen.Index().Select(static one => ($"{one.Item.Kind}", one.Item.Fault.Name, Sample.Has(one.Index, WholeSiteForOneOf))),
            .. Groups.Select(static one => ($"{one.Kind}", string.Join(' ', one.Faults.Select(static fault => fault.Name)), true)),
        ]);

    // Each database and each place where TLS ends, all pairs in a thorough run; the servers of a newer Debian; a site that has
    // grown; three database members; each of those that may keep the servers' rules.
    private static IEnumerable<Kind> Clean =>
    [
        .. from database in Enum.GetValues<DatabaseFlavour>()
           from tls in Enum.GetValues<TlsVariant>()
           where Sample.IsAll || database == DatabaseFlavour.MariaDb || tls == TlsVariant.Edge
           select new Kind(database, tls),
        .. Sample.IsAll ? [Pair, .. Clusters] : (Kind[])[],
        Newer,
        Grown,
        TwoKindsAtNginx,
        ThreeMembers(DatabaseFlavour.MySql),
        ThreeMembers(DatabaseFlavour.MariaDb),
        KeptBy(HostFirewall.Firewalld),
        KeptBy(HostFirewall.Ufw),
        KeptBy(HostFirewall.Docker),
    ];

    // Random groups of five faults, by the seed of the run: one on a kind of lab that stands already; in a thorough run so many
    // on each kind that every fault is in one. What is left for the last one may be a single fault, which is tried alone too.
    private static IEnumerable<(Kind Kind, IReadOnlyList<Fault> Faults)> Groups =>
        from kind in Sample.IsAll ? Clean : [new Kind(DatabaseFlavour.MariaDb, TlsVariant.Edge)]
        from @group in FaultGroups.Draw(FaultCatalog.For(kind.Options), kind.Plan, GroupSize, TestSeed.Value)
            .Take(Sample.IsAll ? int.MaxValue : 1)
        where @group.Count > 1
        select (kind, @group);

    private static Kind Newer => new(DatabaseFlavour.MariaDb, TlsVariant.Edge, DebianSuite.Trixie);

    private static Kind Grown => new(DatabaseFlavour.MariaDb, TlsVariant.Edge, IsGrown: true);

    private static Kind TwoKindsAtNginx => new(DatabaseFlavour.MariaDb, TlsVariant.Web, IsGrown: true);

    // Semi-synchronous too, which no other kind is.
    private static Kind ThreeMembers(DatabaseFlavour database) => new(database, TlsVariant.Edge, Replicas: 2);

    // A thorough run's alone: TopologyTests has one, too.
    private static Kind Pair => new(DatabaseFlavour.MariaDb, TlsVariant.Edge, Balancers: 2);

    // A thorough run's alone: raising one takes long.
    private static Kind[] Clusters =>
    [
        new(DatabaseFlavour.MariaDb, TlsVariant.Edge, Cluster: ClusterVariant.Galera),
        new(DatabaseFlavour.MySql, TlsVariant.Edge, Cluster: ClusterVariant.Group),
    ];

    private static Kind KeptBy(HostFirewall firewall) => new(DatabaseFlavour.MariaDb, TlsVariant.Edge, Firewall: firewall);

    // A fault for every fifth control, on the default kind of lab or on one that can have it, and a sample of an area's again
    // where that area is another, of all on a newer Debian, of the web's on a grown site, of the database's with three members,
    // of the firewalls' where others keep the rules; every fault in a thorough run. Every control is tested offline too.
    private static (Kind Kind, Fault Fault)[] Chosen =>
    [
        .. Sample.Of(
            OneForEachControl(
            [
                .. On(new(DatabaseFlavour.MySql, TlsVariant.Edge), _ => true),
                .. On(new(DatabaseFlavour.MariaDb, TlsVariant.Web), fault => !Applies(fault, TlsVariant.Edge)),
                .. On(
                    new(DatabaseFlavour.MariaDb, TlsVariant.Reencrypt),
                    fault => !Applies(fault, TlsVariant.Edge) && !Applies(fault, TlsVariant.Web)),
            ]),
            5),
        .. Sample.Of(On(new(DatabaseFlavour.MariaDb, TlsVariant.Edge), fault => fault.Area == Area.Database), 8),
        .. Sample.Of(On(new(DatabaseFlavour.MariaDb, TlsVariant.Web), fault => Applies(fault, TlsVariant.Edge) && IsOfVisitors(fault)), 8),
        .. Sample.Of(On(Newer, _ => true), 24),
        .. Sample.Of(On(Grown, IsOfVisitors), 6),
        .. Sample.Of(On(TwoKindsAtNginx, IsOfVisitors), 16),
        .. Sample.Of(
            Enum.GetValues<DatabaseFlavour>().SelectMany(database => On(ThreeMembers(database), fault => fault.Area == Area.Database)), 14),
        .. Sample.IsAll ? On(Pair, static fault => fault.Area == Area.Topology) : [],
        .. Sample.IsAll ? Clusters.SelectMany(static kind => On(kind, static fault => fault.Area == Area.Database)) : [],
        .. Sample.Of(On(KeptBy(HostFirewall.Firewalld), IsOfFirewall), 8),
        .. Sample.Of(On(KeptBy(HostFirewall.Ufw), IsOfFirewall), 8),
        .. Sample.Of(On(KeptBy(HostFirewall.Docker), static fault => !fault.AppliesTo(new LabOptions())), 2),
        .. Sample.Of(On(KeptBy(HostFirewall.Docker), static fault => IsOfFirewall(fault) && fault.AppliesTo(new LabOptions())), 20),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Each_fault_is_seen_by_its_control_and_nothing_else_is(string kind, string names, bool isWhole)
    {
        RaisedLab lab = await RequireAsync(kind);
        Fault[] faults = [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(FaultCatalog.Find)];
        AuditScope scope = isWhole ? AuditScope.Everything : ScopeOf(faults);

        IReadOnlyList<Finding> trouble;
        try
        {
            foreach (Fault fault in faults)
            {
                await lab.BreakAsync(fault.Name);
            }

            bool isScanned = faults.Length == 0 ? Kind.Parse(kind).HasEndpointsOfItsOwn : faults.Any(IsScanned);
            trouble = await SettledAsync(lab, scope, found => FaultVerdict.Of(faults, found) is null, isScanned);
        }
        finally
        {
            await lab.HealAllAsync();
        }

        string? verdict = FaultVerdict.Of(faults, trouble);
        Assert.True(verdict is null, $"FOOBAR_TEST_SEED={TestSeed.Value}: {verdict}");
    }

    // Around a break the balancer still asks a server whose health check has not failed yet: what others see then passes.
    private async Task<IReadOnlyList<Finding>> SettledAsync(
        RaisedLab lab, AuditScope scope, Func<IReadOnlyList<Finding>, bool> isSettled, bool isScanned)
    {
        IReadOnlyList<Finding> seen = isScanned ? await LabAudit.ScanForTroubleAsync(lab) : [];
        IReadOnlyList<Finding> trouble = [.. await sessions.FindTroubleAsync(lab, scope), .. seen];
        for (int again = 0; again < 5 && !isSettled(trouble); again++)
        {
            await sessions.ForgetAsync(lab);
            await Task.Delay(TimeSpan.FromSeconds(again == 0 ? 0 : 2), TestContext.Current.CancellationToken);
            seen = isScanned ? await LabAudit.ScanForTroubleAsync(lab) : [];
            trouble = [.. await LabAudit.FindTroubleAsync(lab, scope), .. seen];
        }

        return trouble;
    }

    // What a scan alone sees.
    private static bool IsScanned(Fault fault) => ScanControls.All.Any(control => control.Info.Id == fault.Control);

    private static AuditScope ScopeOf(IEnumerable<Fault> faults) => new()
    {
        Areas =
        [
            .. AuditRegistry.Controls.Where(control => faults.SelectMany(FaultVerdict.Seers).Contains(control.Id))
                .Select(control => control.Area)
                .Distinct(),
        ],
    };

    private static IEnumerable<(Kind Kind, Fault Fault)> OneForEachControl((Kind Kind, Fault Fault)[] all) =>
        Sample.IsAll ? all : all.DistinctBy(one => (one.Fault.Control, one.Kind.Tls));

    // Where TLS ends decides how visitors are served.
    private static bool IsOfVisitors(Fault fault) => fault.Area is Area.Tls or Area.LoadBalancing;

    private static bool IsOfFirewall(Fault fault) => fault.Area == Area.Firewall;

    private static bool Applies(Fault fault, TlsVariant tls) =>
        fault.AppliesTo(new LabOptions { Database = DatabaseFlavour.MySql, Tls = tls });

    private static IEnumerable<(Kind Kind, Fault Fault)> On(Kind kind, Func<Fault, bool> wanted) =>
        FaultCatalog.For(kind.Options).Where(wanted).Select(fault => (kind, fault));

    private async Task<RaisedLab> RequireAsync(string kind)
    {
        Kind wanted = Kind.Parse(kind);
        await sessions.LeaveOthersAsync(wanted.Options);
        return await labs.RequireAsync(
            wanted.Database,
            wanted.Tls,
            wanted.Options.SemiSync,
            wanted.Suite,
            wanted.IsGrown,
            wanted.Firewall,
            wanted.Replicas,
            balancers: wanted.Balancers,
            cluster: wanted.Cluster);
    }

    /// <summary>A kind of lab, in a few words that name it in a test's name.</summary>
    private sealed record Kind(
        DatabaseFlavour Database, TlsVariant Tls, DebianSuite? Suite = null, bool IsGrown = false,
        HostFirewall Firewall = HostFirewall.Nftables, int Replicas = 1, int Balancers = 1, ClusterVariant Cluster = ClusterVariant.None)
    {
        public LabOptions Options => new()
        {
            Database = Database, Tls = Tls, Suite = Suite, Grown = IsGrown, Firewall = Firewall, SemiSync = Replicas > 1,
            Replicas = Replicas,
            Balancers = Balancers, Cluster = Cluster,
        };

        /// <summary>What a lab of the kind changes where; it is never raised.</summary>
        public LabPlan Plan => new()
        {
            Options = Options with
            {
                Name = "groups",
            }, Addresses = new AddressPlan(3), Secrets = new LabSecrets { Application = "", Replication = "" },
        };

        /// <summary>Whether its endpoints may speak TLS otherwise than those of other kinds; a thorough run scans those of each.</summary>
        public bool HasEndpointsOfItsOwn => Sample.IsAll || (Firewall == HostFirewall.Nftables && Replicas == 1);

        public static Kind Parse(string text) => text.Split(' ') is [var database, var tls, .. var more]
            ? more.Aggregate(new Kind(Enum.Parse<DatabaseFlavour>(database), Enum.Parse<TlsVariant>(tls)), static (kind, word) =>
                word == nameof(Grown) ? kind with { IsGrown = true }
                : word == nameof(Pair) ? kind with { Balancers = 2 }
                : word.Split('-') is [var replicas, "replicas"] ? kind with { Replicas = int.Parse(replicas, CultureInfo.InvariantCulture) }
                : Enum.TryParse(word, out ClusterVariant cluster) ? kind with { Cluster = cluster }
                : Enum.TryParse(word, out DebianSuite suite) ? kind with { Suite = suite }
                : kind with { Firewall = Enum.Parse<HostFirewall>(word) })
            : throw new ArgumentException($"'{text}' is no kind of lab.", nameof(text));

        public override string ToString() => string.Join(' ', ((string?[])
        [
            $"{Database}", $"{Tls}", Suite?.ToString(), IsGrown
                ? nameof(Grown)
                : null, Firewall == HostFirewall.Nftables ? null : $"{Firewall}",
            Replicas > 1
                ? $"{Replicas}-replicas"
                : null, Balancers > 1 ? nameof(Pair) : null, Cluster == ClusterVariant.None ? null : $"{Cluster}",
        ]).OfType<string>());
    }
}
