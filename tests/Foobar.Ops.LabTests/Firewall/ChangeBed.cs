using System.Diagnostics;
using System.Text.RegularExpressions;
using Foobar.Ops.Firewall;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Firewall;

/// <summary>A lab whose firewalls a test may change: their rules and files as they were come back when it is disposed.</summary>
internal sealed partial class ChangeBed : IAsyncDisposable
{
    // Enough for one server's change on a busy machine, and short enough to wait for.
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-change-").FullName;
    private readonly Dictionary<string, ServerRules> _before = [];

    private ChangeBed(RaisedLab lab) => Lab = lab;

    /// <summary>What a server runs, what its next boot loads, and what changes have left on it.</summary>
    public sealed record ServerRules(string Running, string File, string Enabled);

    public RaisedLab Lab { get; }

    /// <summary>Where the journals are kept.</summary>
    public string State => Path.Combine(_folder, "state");

    public OperationStore Store => new(InventoryLoader.Load(Lab.Inventory).Name, State);

    public static async Task<ChangeBed> MakeAsync(
        LabFixture labs, DatabaseFlavour database = DatabaseFlavour.MySql, TlsVariant tls = TlsVariant.Edge)
    {
        ChangeBed bed = new(await labs.RequireAsync(database, tls));
        foreach (string server in Servers)
        {
            bed._before[server] = await bed.RulesAsync(server);
        }

        return bed;
    }

    public static string[] Servers { get; } = ["fw-01", "lb-01", "web-01", "web-02"];

    /// <summary>The rules as they were when the test began.</summary>
    public ServerRules Before(string server) => _before[server];

    /// <summary>The rules as they are.</summary>
    public async Task<ServerRules> RulesAsync(string server) => new(
        SetOfOne().Replace(await Lab.RunAsync(server, "nft -s list ruleset"), "$1"),
        await Lab.RunAsync(server, "cat /etc/nftables.conf"),
        await Lab.RunAsync(server, "systemctl is-enabled nftables.service || true"));

    /// <summary>What <c>-Undo</c> must bring back, byte for byte: the listing, the file with owner and mode, and the unit.</summary>
    public Task<string> TraceAsync(string server) => Lab.RunAsync(server, """
        nft -s list ruleset | sha256sum
        if [ -L /etc/nftables.conf ]; then readlink /etc/nftables.conf; fi
        if [ -e /etc/nftables.conf ]; then sha256sum /etc/nftables.conf; stat -c '%a %U %G' /etc/nftables.conf; else echo none; fi
        systemctl is-enabled nftables.service || true
        """);

    /// <summary>An inventory whose policy lacks some flows.</summary>
    public string Without(params string[] flows) =>
        Write(site => site with { Policy = site.Policy with { Flows = [.. site.Policy.Flows.Where(flow => !flows.Contains(flow.Name))] } });

    /// <summary>An inventory that was changed.</summary>
    public string Write(Func<Site, Site> change)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, InventoryWriter.Write(change(InventoryLoader.Load(Lab.Inventory))));
        return path;
    }

    /// <summary>Makes a change, here and alive.</summary>
    public async Task<FirewallChangeResult> ChangeAsync(
        string inventory,
        string servers,
        FirewallChangeOptions? options = null,
        IProgress<StepResult>? progress = null,
        SessionOptions? session = null,
        CancellationToken? cancellationToken = null)
    {
        Site site = InventoryLoader.Load(inventory);
        await using SiteSession connections = new(site, session);
        FirewallChange change = await FirewallChange.PrepareAsync(
            connections,
            [.. servers.Split(',').Select(name => site.Find(name)!)],
            options ?? new FirewallChangeOptions { RollbackAfter = TimeSpan.FromSeconds(60) },
            TimeProvider.System, TestContext.Current.CancellationToken);
        return await change.RunAsync(Store, progress, cancellationToken ?? TestContext.Current.CancellationToken);
    }

    /// <summary>Undoes the last change, here and alive.</summary>
    public Task<FirewallChangeResult> UndoAsync(string servers, FirewallChangeOptions? options = null) =>
        ChangeAsync(
            Lab.Inventory, servers,
            (options ?? new FirewallChangeOptions { RollbackAfter = TimeSpan.FromSeconds(60) }) with { Undo = true });

    /// <summary>What a change would do, and what would refuse it; changes nothing.</summary>
    public static async Task<IReadOnlyList<FirewallChangePreview>> PreviewAsync(
        string inventory, string servers, FirewallChangeOptions? options = null)
    {
        Site site = InventoryLoader.Load(inventory);
        await using SiteSession connections = new(site);
        return (await FirewallChange.PrepareAsync(
            connections,
            [.. servers.Split(',').Select(name => site.Find(name)!)],
            options ?? new FirewallChangeOptions(), TimeProvider.System, TestContext.Current.CancellationToken)).Previews;
    }

    /// <summary>Waits until no rollback of a server is to come any more.</summary>
    public async Task SettleAsync(string server, TimeSpan limit)
    {
        long begun = Stopwatch.GetTimestamp();
        while (true)
        {
            string left = await Lab.RunAsync(
                server,
                "for d in /run/foobar-ops/firewall-*; do [ ! -d \"$d\" ] || [ -e \"$d/result\" ] || [ \"$(readlink \"$d/claimed\")\" = "
                    + "disarm ] || echo \"$d\"; done; systemctl list-units --plain --no-legend 'foobar-firewall-rollback-*'");
            if (left.Length == 0)
            {
                return;
            }

            Assert.True(
                Stopwatch.GetElapsedTime(begun) < limit, $"{server}: after {limit.TotalSeconds} s a rollback is still to come: {left}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Sees that the operator gets in to every server over a new connection.</summary>
    public async Task AssertAccessAsync()
    {
        await using SiteSession fresh = new(
            InventoryLoader.Load(Lab.Inventory), new SessionOptions { ConnectTimeLimit = TimeSpan.FromSeconds(30) });
        Assert.All(
            await fresh.ConnectAllAsync(cancellationToken: TestContext.Current.CancellationToken),
            static outcome => Assert.Null(outcome.Error));
    }

    /// <summary>Sees that everything on a server is as before.</summary>
    public async Task AssertAsBeforeAsync(string server) => Assert.Equal(Before(server), await RulesAsync(server));

    /// <summary>Sees that a server has the policy's rules, now and for its next boot.</summary>
    public async Task AssertChangedAsync(string server, string inventory)
    {
        ServerRules rules = await RulesAsync(server);
        Site site = InventoryLoader.Load(inventory);
        await using SiteSession session = new(site);
        FirewallFacts facts = await new FirewallCollector()
            .CollectAsync(session, site.Find(server)!, TestContext.Current.CancellationToken);
        Assert.Equal(PolicyRuleset.Render(site, site.Find(server)!, facts.Network.Value!).Trim(), rules.File.Trim());
        Assert.Contains("Foobar.Ops FW-005", rules.Running, StringComparison.Ordinal);
        string nextBoot = await Lab.RunAsync(
            server,
            "unshare --net sh -c 'ip link set lo up; for name in outside public internal; do ip link add $name type dummy; done; nft -f "
                + "/etc/nftables.conf; nft -s list ruleset'");
        Assert.Equal(rules.Running, SetOfOne().Replace(nextBoot, "$1"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string server in Servers.Where(_before.ContainsKey))
        {
            ServerRules before = _before[server];
            await Lab.RunAsync(
                server,
                "cat > /etc/nftables.conf && nft -f /etc/nftables.conf; systemctl stop 'foobar-firewall-rollback-*' 2>/dev/null; rm -rf "
                    + "/run/foobar-ops/firewall-* /var/lib/foobar-ops/firewall; true",
                before.File);
            Assert.Equal(before.Running, (await RulesAsync(server)).Running);
        }

        Directory.Delete(_folder, recursive: true);
    }

    // nft writes a set of one element with braces where it was loaded so, and without once it was listed and loaded again.
    [GeneratedRegex(@"\{ ([^ ,{}]+) \}")]
    private static partial Regex SetOfOne();
}
