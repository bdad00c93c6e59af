using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Cluster;
using Foobar.Ops.Operations.Replication.Resumption;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Cluster;

/// <summary>A cluster's lab with a session and a place for journals of its own; writes are led to web-01 again at the end.</summary>
internal sealed class ClusterBed : IAsyncDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("cluster-");
    private readonly LabFixture _labs;

    private ClusterBed(LabFixture labs, RaisedLab lab, SiteSession session) => (_labs, Lab, Session) = (labs, lab, session);

    /// <summary>The lab.</summary>
    public RaisedLab Lab { get; }

    /// <summary>The site's connections.</summary>
    public SiteSession Session { get; }

    /// <summary>The directory of this bed's journals.</summary>
    public string State => _state.FullName;

    /// <summary>The journals of another operator's machine.</summary>
    public OperationStore Elsewhere => new(Session.Site.Name, Path.Combine(State, "elsewhere"));

    /// <summary>The members' names.</summary>
    public IReadOnlyList<string> Members => [.. Lab.Plan.Members.Select(member => member.Name)];

    /// <summary>Makes a bed on the lab of a kind of cluster.</summary>
    public static async Task<ClusterBed> MakeAsync(LabFixture labs, string kind)
    {
        ClusterVariant cluster = Enum.Parse<ClusterVariant>(kind);
        RaisedLab lab = await labs.RequireAsync(
            cluster == ClusterVariant.Galera ? DatabaseFlavour.MariaDb : DatabaseFlavour.MySql, cluster: cluster);
        return new(
            labs, lab,
            new SiteSession(InventoryLoader.Load(lab.Inventory), new SessionOptions { ConnectTimeLimit = TimeSpan.FromMinutes(1) }));
    }

    /// <summary>A move as an operator would make it.</summary>
    /// <param name="store">Where; this bed's own place if left out.</param>
    public ClusterOperation Operation(OperationStore? store = null) => new(Session, store ?? new OperationStore(Session.Site.Name, State));

    /// <summary>The end of a move that was left half done.</summary>
    /// <param name="store">Where; this bed's own place if left out.</param>
    public ResumeOperation Resume(OperationStore? store = null) => new(Session, store ?? new OperationStore(Session.Site.Name, State));

    /// <summary>What all members say.</summary>
    public Task<SiteCase<ReplicationFacts>> SurveyAsync() => ReplicationSurvey.CollectAsync(Session, TestContext.Current.CancellationToken);

    /// <summary>What the controls over databases say now: id, server, and the status that is no pass.</summary>
    public async Task<IReadOnlyList<Finding>> TroubleAsync()
    {
        SiteCase<ReplicationFacts> facts = await SurveyAsync();
        return
        [
            .. DatabaseControls.All.SelectMany(control => control.Apply(facts, null, facts.Time))
                .Where(finding => finding.Status is FindingStatus.Fail or FindingStatus.Warning),
        ];
    }

    /// <summary>The members that the write endpoint leads to.</summary>
    public async Task<IReadOnlyList<string>> OpenAsync()
    {
        await using ClusterConnections live = await ClusterConnections.OpenAsync(Session, [], TestContext.Current.CancellationToken);
        return await live.Endpoint.MembersAsync(TestContext.Current.CancellationToken) ?? [];
    }

    /// <summary>Asserts that every member holds every write that was acknowledged.</summary>
    public async Task AssertKeptAsync(OrderWriters writers, IReadOnlyList<OrderWrite> writes)
    {
        Assert.NotEmpty(writes);
        foreach (string member in Members)
        {
            IReadOnlyList<string> lost = [];
            for (int attempt = 0; attempt < 50; attempt++)
            {
                lost =
                [
                    .. writes.Where(write => write.IsAcknowledged).Select(write => write.Id).Except(await writers.ReadAsync(Lab, member)),
                ];
                if (lost.Count == 0)
                {
                    break;
                }

                // Another member may still apply what is certified already.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
            }

            Assert.True(lost.Count == 0, $"{member} lacks {lost.Count} acknowledged writes: {string.Join(", ", lost.Take(5))}");
        }
    }

    /// <summary>Waits for something that takes the cluster a while.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (int attempt = 0; attempt < 120; attempt++)
        {
            if (await holds())
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Not after a minute: {what}.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (new OperationStore(Session.Site.Name, State).FindUnfinished("failover") is not null)
            {
                await Resume().ResumeAsync(new FailoverOptions(), null, CancellationToken.None);
            }

            if (await OpenAsync() is not ["web-01"]
                && await Operation().RunAsync(
                    new FailoverOptions { To = "web-01" }, null, CancellationToken.None) is { Outcome: not PlanOutcome.Completed } back)
            {
                throw new InvalidOperationException($"The way back ended as {back.Outcome}: {back.Error}");
            }
        }
#pragma warning disable CA1031 // The test's own failure is what has to be told.
        catch (Exception error)
#pragma warning restore CA1031
        {
            TestContext.Current.SendDiagnosticMessage($"The lab could not be put right and is raised anew: {error.Message}");
            await _labs.GiveUpAsync(Lab);
        }
        finally
        {
            await Session.DisposeAsync();
            _state.Delete(recursive: true);
        }
    }
}

/// <summary>Removes the clusters at the end of the class that moves them: three members take their share of the machine.</summary>
public sealed class ClusterEnd(LabFixture labs) : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await labs.RetireAsync(static options => options.Cluster != ClusterVariant.None);
}
