using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;

[assembly: AssemblyFixture(typeof(LabFixture))]

namespace Foobar.Ops.LabTests.Lab;

/// <summary>
/// The labs of a test run, one a kind for each collection of tests, raised when the first test asks for it and removed at the
/// end of the run. Tests of one collection run one after another; put every test that uses a lab in
/// <see cref="LabCollection"/> or in <see cref="OtherLabCollection"/>.
/// </summary>
public sealed class LabFixture : IAsyncLifetime
{
    private const string Prefix = "ci-";

    // Two collections side by side, and labs that tests raise themselves, stay below the number of labs that fit on a machine.
    private const int MostInACollection = 5;

    private readonly ConcurrentDictionary<LabOptions, Lazy<Task<RaisedLab>>> _labs = new();

    private readonly ConcurrentDictionary<LabOptions, long> _lastUse = new();

    private long _uses;

    /// <summary>Removes what killed test runs left.</summary>
    public async ValueTask InitializeAsync()
    {
        foreach (string name in LabRecord.All().Select(lab => lab.Options.Name).Where(IsAbandoned))
        {
            await LabRemover.RemoveAsync(name, CancellationToken.None);
        }
    }

    /// <summary>Removes the labs of this run.</summary>
    public async ValueTask DisposeAsync()
    {
        await LabImages.EndAsync();
        foreach (LabOptions options in _labs.Keys)
        {
            await LabRemover.RemoveAsync(options.Name, CancellationToken.None);
        }
    }

    /// <summary>
    /// The lab of a kind, with nothing broken on it; a test that breaks something heals it. Skips the test, with the
    /// reason, on a machine that can't run a lab.
    /// </summary>
    /// <param name="database">Its databases.</param>
    /// <param name="tls">Where TLS ends.</param>
    /// <param name="semiSync">Whether the databases replicate semi-synchronously.</param>
    /// <param name="suite">Which Debian the servers are; left out, the oldest that has the database.</param>
    /// <param name="grown">Whether HAProxy and nginx are configured as on a site that has grown.</param>
    /// <param name="firewall">What keeps the rules of the servers' own firewalls.</param>
    /// <param name="replicas">How many replicas the database has.</param>
    /// <param name="agents">Whether more monitoring agents run, and a Prometheus.</param>
    /// <param name="balancers">How many load balancers there are.</param>
    /// <param name="cluster">What keeps its databases in step; a cluster has three members.</param>
    internal async Task<RaisedLab> RequireAsync(
        DatabaseFlavour database = DatabaseFlavour.MySql, TlsVariant tls = TlsVariant.Edge, bool semiSync = false,
        DebianSuite? suite = null,
        bool grown = false,
        HostFirewall firewall = HostFirewall.Nftables,
        int replicas = 1,
        bool agents = false,
        int balancers = 1,
        ClusterVariant cluster = ClusterVariant.None)
    {
        if (await HostRequirements.FindObstacleAsync(TestContext.Current.CancellationToken) is LabException obstacle)
        {
            Assert.Skip(obstacle.Message);
        }

        LabOptions options = new()
        {
            Name = LabOptions.DefaultName, Database = database, Suite = suite, Tls = tls, SemiSync = semiSync, Grown = grown,
            Firewall = firewall, Replicas = replicas, Agents = agents, Balancers = balancers,
        };
        options = options.Clustered(cluster);
        options = options with { Name = NameOf(CollectionName, options) };
        await MakeRoomForAsync(options);
        Lazy<Task<RaisedLab>> lab = _labs.GetOrAdd(options, _ => new(() => RaiseAsync(options)));
        try
        {
            return await lab.Value;
        }
        catch (LabException noMirror) when (noMirror.ErrorId == LabException.NoMirror)
        {
            Assert.Skip(noMirror.Message);
            throw;
        }
    }

    /// <summary>
    /// Removes labs of this collection that no test needs any more: a lab that only stands there takes its share of the
    /// machine too.
    /// </summary>
    /// <param name="which">Which ones; a test that needs one all the same gets another.</param>
    internal async Task RetireAsync(Predicate<LabOptions> which)
    {
        foreach (LabOptions options in OfThisCollection().Where(one => which(one)))
        {
            if (_labs.TryRemove(options, out _))
            {
                await LabRemover.RemoveAsync(options.Name, CancellationToken.None);
            }
        }
    }

    /// <summary>Removes a lab that a test could not put right, so that the next one gets another.</summary>
    internal async Task GiveUpAsync(RaisedLab lab)
    {
        _labs.TryRemove(lab.Plan.Options, out _);
        await lab.DownAsync(CancellationToken.None);
    }

    // Tests of one collection run one after another, so none uses the lab that was asked for the longest time ago.
    private async Task MakeRoomForAsync(LabOptions options)
    {
        _lastUse[options] = Interlocked.Increment(ref _uses);
        LabOptions[] others = [.. OfThisCollection().Where(one => one != options).OrderByDescending(one => _lastUse[one])];
        await RetireAsync(others.Skip(MostInACollection - 1).Contains);
    }

    private IEnumerable<LabOptions> OfThisCollection()
    {
        string own = NameOf(CollectionName);
        return _labs.Keys.Where(one => one.Name.StartsWith(own, StringComparison.Ordinal));
    }

    private static Task<RaisedLab> RaiseAsync(LabOptions options) =>
        RaisedLab.UpAsync(options, LabImages.Said, CancellationToken.None);

    private static string CollectionName => TestContext.Current.TestCollection?.TestCollectionDisplayName ?? LabCollection.Name;

    private static string NameOf(string collection) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{collection}-");

    private static string NameOf(string collection, LabOptions kind) =>
        $"{NameOf(collection)}{kind.Database}{(kind.Suite is DebianSuite suite ? $"-{suite}" : "")}-{kind.Tls}{(kind.SemiSync ? "-semi" : "")}{(kind.Grown ? "-grown" : "")}{(kind.Firewall != HostFirewall.Nftables ? $"-{kind.Firewall}" : "")}{(kind.Cluster != ClusterVariant.None ? $"-{kind.Cluster}" : kind.Replicas > 1 ? $"-{kind.Replicas}" : "")}{(kind.Agents ? "-agents" : "")}{(kind.Balancers > 1 ? "-pair" : "")}"
            .ToLowerInvariant();

    private static bool IsAbandoned(string name)
    {
        string[] parts = name.Split('-');
        if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out int process))
        {
            return false;
        }

        try
        {
            using Process running = Process.GetProcessById(process);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }
}

/// <summary>Removes the labs of a collection when its last test is done.</summary>
public sealed class CollectionEnd(LabFixture labs) : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await labs.RetireAsync(static _ => true);
}

/// <summary>
/// Tests that use a lab run one after another, since some break it: those of the database, of faults, and of what is read.
/// </summary>
[CollectionDefinition(Name)]
[NeedsLabImages]
public sealed class LabCollection : ICollectionFixture<CollectionEnd>
{
    /// <summary>The collection's name, which is a part of its labs' names.</summary>
    public const string Name = "a";
}

/// <summary>Tests that use labs of their own beside those, one after another too: many of them wait more than they work.</summary>
[CollectionDefinition(Name)]
[NeedsLabImages]
public sealed class OtherLabCollection : ICollectionFixture<CollectionEnd>
{
    /// <inheritdoc cref="LabCollection.Name"/>
    public const string Name = "b";
}
