using Foobar.Ops.Database;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication;

/// <summary>A lab with a session and a place for journals of its own; the roles are put back at the end.</summary>
internal sealed class FailoverBed : IAsyncDisposable
{
    private readonly DirectoryInfo _state = System.IO.Directory.CreateTempSubdirectory("failover-");
    private readonly LabFixture _labs;
    private bool _givenUp;

    private FailoverBed(LabFixture labs, RaisedLab lab, SiteSession session)
    {
        _labs = labs;
        Lab = lab;
        Session = session;
    }

    /// <summary>Both flavours; in the default run one, which the seed chooses.</summary>
    public static TheoryData<string> Flavours => [.. Sample.Of(["MariaDb", "MySql"], 2)];

    /// <summary>The lab.</summary>
    public RaisedLab Lab { get; }

    /// <summary>The site's connections.</summary>
    public SiteSession Session { get; }

    /// <summary>The directory of this bed's journals.</summary>
    public string State => _state.FullName;

    /// <summary>The account that write canaries log in with.</summary>
    public DatabaseLogin Canary => new("canary", new Secret(Lab.Plan.Secrets.Canary));

    /// <summary>Makes a bed on the lab of a flavour.</summary>
    public static async Task<FailoverBed> MakeAsync(
        LabFixture labs, string flavour, bool semiSync = false, int replicas = 1, int balancers = 1)
    {
        RaisedLab lab = await labs.RequireAsync(
            Enum.Parse<DatabaseFlavour>(flavour), semiSync: semiSync, replicas: replicas, balancers: balancers);
        return new(
            labs, lab,
            new SiteSession(InventoryLoader.Load(lab.Inventory), new SessionOptions { ConnectTimeLimit = TimeSpan.FromMinutes(1) }));
    }

    /// <summary>The site with another limit for lag.</summary>
    public Site Patient(TimeSpan lag)
    {
        Site site = Session.Site;
        return site with { Policy = site.Policy with { Database = site.Policy.Database! with { MaxLagSeconds = lag.TotalSeconds } } };
    }

    /// <summary>A failover as an operator would make it.</summary>
    public SwitchoverOperation Operation() => new(Session, new OperationStore(Session.Site.Name, State));

    /// <summary>The end of one, as an operator would make it.</summary>
    public ResumeOperation Resume() => new(Session, new OperationStore(Session.Site.Name, State));

    /// <summary>Who replicates from whom.</summary>
    public async Task<ReplicationTopology> TopologyAsync() =>
        ReplicationTopology.Of(await ReplicationSurvey.CollectAsync(Session, TestContext.Current.CancellationToken));

    /// <summary>Looks at all members as Get-FoobarReplication does, and keeps what the primary says of its commits.</summary>
    public async Task SurveyAsync() =>
        SourceEvidence.Keep(
            new(Session.Site.Name, State), await ReplicationSurvey.CollectAsync(Session, TestContext.Current.CancellationToken));

    /// <summary>The members that take writes now.</summary>
    public async Task<IReadOnlyList<string>> PrimariesAsync()
    {
        ReplicationTopology topology = await TopologyAsync();
        return
        [
            .. topology.Members.Select(member => member.Name).Where(name => topology.Facts(name)?.Guard.Value is { TakesWrites: true }),
        ];
    }

    /// <summary>Waits until every replica has applied all.</summary>
    public async Task WaitUntilCaughtUpAsync()
    {
        IReadOnlyList<ReplicationLink> links = [];
        for (int attempt = 0; attempt < 300; attempt++)
        {
            links = (await TopologyAsync()).Links;
            if (links.Count == Lab.Plan.Options.Replicas && links.All(link => link is { BacklogTransactions: 0, Channel.Replicates: true }))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Not every replica caught up. Links: {string.Join("; ", links)}.");
    }

    /// <summary>
    /// Asserts that the other members follow this primary with nothing of their own, and that the primary has every acknowledged write.
    /// </summary>
    public async Task AssertKeptAsync(OrderWriters writers, IReadOnlyList<OrderWrite> writes, string primary)
    {
        await WaitUntilCaughtUpAsync();
        Assert.All((await TopologyAsync()).Links, link => Assert.Equal((primary, ""), (link.Source, link.Errant)));
        Assert.Empty(writes.Where(write => write.IsAcknowledged).Select(write => write.Id).Except(await writers.ReadAsync(Lab, primary)));
    }

    // A replica that starts to follow is given a moment.
    private async Task EnsureReplicatesAsync()
    {
        for (int attempt = 0; ; attempt++)
        {
            IReadOnlyList<ReplicationLink> links = (await TopologyAsync()).Links;
            if (links.Count == Lab.Plan.Options.Replicas
                && links.All(link => link is { Source: "web-01", Errant: "", Channel.Replicates: true }))
            {
                return;
            }

            if (attempt == 20)
            {
                throw new InvalidOperationException("A replica does not replicate from web-01, or holds transactions of its own.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <summary>Removes the lab, where a test has changed more than can be put back; the next one gets another.</summary>
    public async Task GiveUpAsync()
    {
        _givenUp = true;
        await _labs.GiveUpAsync(Lab);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_givenUp)
            {
                return;
            }

            // What a failed test began must not stand in the way of the next one.
            if (new OperationStore(Session.Site.Name, State).FindUnfinished("failover") is not null)
            {
                await Resume().ResumeAsync(new FailoverOptions(), null, CancellationToken.None);
            }

            // Faults and other tests find web-01 as the primary.
            if ((await PrimariesAsync()) is [not "web-01"]
                && await Operation().RunAsync(
                    new FailoverOptions { To = "web-01" }, null, CancellationToken.None) is { Outcome: not PlanOutcome.Completed } back)
            {
                throw new InvalidOperationException($"The way back ended as {back.Outcome}: {back.Error}");
            }

            await EnsureReplicatesAsync();
        }
#pragma warning disable CA1031 // The test's own failure is what has to be told.
        catch (Exception error)
#pragma warning restore CA1031
        {
            TestContext.Current.SendDiagnosticMessage($"The lab could not be put right and is raised anew: {error.Message}");
            await GiveUpAsync();
        }
        finally
        {
            await Session.DisposeAsync();
            _state.Delete(recursive: true);
        }
    }
}
